import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

export interface Import {
  specifier: string
  /** Gone after compilation. */
  typeOnly: boolean
  /** `import('x')`: runs later, so it can't close a cycle. */
  dynamic: boolean
}

export interface SourceFile {
  imports: Import[]
  /** Every string literal: a package may load an optional peer whose name it keeps in a variable. */
  strings: Set<string>
}

/** The import, export-from and import() specifiers of a TypeScript or JavaScript file. */
export function readSource(path: string): SourceFile {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  const imports: Import[] = []
  const strings = new Set<string>()
  const add = (node: ts.Expression | undefined, typeOnly: boolean, dynamic: boolean) => {
    if (node && ts.isStringLiteralLike(node)) imports.push({ specifier: node.text, typeOnly, dynamic })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.add(node.text)
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword, false)
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly, false)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false, true)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal as ts.StringLiteral, true, false)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { imports, strings }
}

/** The file a relative specifier names, or null. Source is written with the extension it has when built: './x.js'. */
export function resolveRelative(from: string, specifier: string): string | null {
  const path = join(dirname(from), specifier)
  const candidates = [path.replace(/\.js$/, '.ts'), path, `${path}.ts`, join(path, 'index.ts')]
  return candidates.find(candidate => existsSync(candidate) && statSync(candidate).isFile()) ?? null
}
