import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

export interface SourceFile {
  /** The specifiers of its imports, types included. */
  imports: string[]
  /** Every string literal, because a package may load an optional peer whose name is in a variable. */
  strings: Set<string>
}

/** The import, export-from and import() specifiers of a TypeScript or JavaScript file. */
export function readSource(path: string): SourceFile {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  const imports: string[] = []
  const strings = new Set<string>()
  const add = (node: ts.Expression | undefined) => {
    if (node && ts.isStringLiteralLike(node)) imports.push(node.text)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.add(node.text)
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0])
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal as ts.StringLiteral)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { imports, strings }
}

/** The file that a relative specifier names, or null. Source names other files by their built extension: './x.js'. */
export function resolveRelative(from: string, specifier: string): string | null {
  const path = join(dirname(from), specifier)
  const candidates = [path.replace(/\.js$/, '.ts'), path, `${path}.ts`, join(path, 'index.ts')]
  return candidates.find(candidate => existsSync(candidate) && statSync(candidate).isFile()) ?? null
}
