import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { resolveRelative } from './read-imports.js'

/** A public function, constructor or method that takes an object of options. */
export interface FunctionWithOptions {
  /** 'ode.solve', 'reflow.Trainer', 'datasets.PairStore.verify'. */
  name: string
  /** The entry that exports it: '@rectified-flow/ode', '@rectified-flow/datasets/node'. */
  entry: string
  kind: 'function' | 'class' | 'static' | 'method'
  /** The options' place among the parameters. */
  index: number
  /** True if the options have no default. */
  given: boolean
}

/** A type of options by its text: the house names such types so, or writes them in place. */
const optionsType = /(Options|Config|Architecture|Parts|Files|Plan)\b|^\{/

/** Every public function of the packages under `root` that takes options, found in the sources. */
export function functionsWithOptions(root: string): FunctionWithOptions[] {
  const found = new Map<string, FunctionWithOptions>()
  for (const name of readdirSync(join(root, 'packages')))
    for (const [entry, path] of entries(join(root, 'packages', name)))
      for (const one of publicNames(path))
        for (const each of inDeclaration(one)) {
          const key = `${name}.${each.name} ${each.index}`
          if (!found.has(key)) found.set(key, { ...each, name: `${name}.${each.name}`, entry })
        }
  return [...found.values()]
}

/** The entries of a package by their specifiers, each with its source file. */
function entries(folder: string): [specifier: string, path: string][] {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.entries<Record<string, string | Record<string, string>>>(exports).flatMap(
    ([subpath, conditions]) => {
      const source = conditions['@rectified-flow/source']
      if (source === undefined) return []
      const paths = typeof source === 'string' ? [source] : [source.default!]
      return paths.map((path): [string, string] => [join(name, subpath), join(folder, path)])
    },
  )
}

interface PublicName {
  name: string
  path: string
}

/** The names that an index file exports, each with the file that declares it. */
function publicNames(path: string): PublicName[] {
  return parse(path).statements.flatMap(statement => {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || statement.isTypeOnly) return []
    const from = (statement.moduleSpecifier as ts.StringLiteral).text
    const source = resolveRelative(path, from)
    if (source === null || !ts.isNamedExports(statement.exportClause)) return []
    return statement.exportClause.elements
      .filter(element => !element.isTypeOnly)
      .map(element => ({ name: element.name.text, path: source }))
  })
}

function inDeclaration({ name, path }: PublicName): Omit<FunctionWithOptions, 'entry'>[] {
  return parse(path).statements.flatMap(statement => {
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name && statement.body)
      return place(name, 'function', statement)
    if (!ts.isClassDeclaration(statement) || statement.name?.text !== name) return []
    return statement.members.flatMap(member => {
      if (ts.isConstructorDeclaration(member) && member.body) return place(name, 'class', member)
      if (!ts.isMethodDeclaration(member) || !member.body || ts.isPrivateIdentifier(member.name)) return []
      const isStatic = member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword)
      return place(`${name}.${(member.name as ts.Identifier).text}`, isStatic ? 'static' : 'method', member)
    })
  })
}

function place(
  name: string,
  kind: FunctionWithOptions['kind'],
  { parameters }: ts.SignatureDeclaration,
): Omit<FunctionWithOptions, 'entry'>[] {
  return parameters.flatMap(({ name: parameter, type, initializer, questionToken }, index) => {
    const isOptions = ts.isIdentifier(parameter) && parameter.text === 'options'
    if (!isOptions && !optionsType.test(type?.getText() ?? '')) return []
    return [{ name, kind, index, given: !initializer && !questionToken }]
  })
}

const parse = (path: string) =>
  ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
