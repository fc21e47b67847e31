import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkImports } from '../src/import-rules.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'imports-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const manifest = (name: string, dependencies: string[] = []) =>
  JSON.stringify({
    name: `@rectified-flow/${name}`,
    exports: { '.': {}, './node': {}, './weights/*': {} },
    dependencies: Object.fromEntries(dependencies.map(dependency => [dependency, '1.0.0'])),
  })

/** Check a small repository that follows the rules, with some of its files replaced. */
function house(changes: Record<string, string> = {}): string[] {
  const files: Record<string, string> = {
    'packages/core/package.json': manifest('core'),
    'packages/core/src/index.ts': `export { a } from './a.js'`,
    'packages/core/src/a.ts': 'export const a = 1',
    'packages/core/src/node/index.ts': `import { readFileSync } from 'node:fs'`,
    'packages/ode/package.json': manifest('ode', ['@rectified-flow/core', 'lib']),
    'packages/ode/src/index.ts': `import { a } from '@rectified-flow/core'\nimport 'lib/deep.js'`,
    'packages/ode/test/index.test.ts': `import '@rectified-flow/ode'\nimport '@rectified-flow/tools/leaks'`,
    'packages/reflow/package.json': manifest('reflow', ['@rectified-flow/ode']),
    'packages/reflow/src/index.ts': `import type { S } from '@rectified-flow/ode'`,
    'examples/one/package.json': manifest('example-one', ['@rectified-flow/core']),
    'examples/one/main.ts': `import '@rectified-flow/core/node'\nimport './data.js'\nimport 'node:fs'`,
    'examples/one/data.ts': '',
    ...changes,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return checkImports(root)
}

it('finds no violation in a repository that follows the rules', () => {
  expect(house()).toEqual([])
})

it('rejects an import that runs the other way', () => {
  expect(
    house({
      'packages/ode/src/index.ts': `import '@rectified-flow/reflow'; import '@rectified-flow/core'; import 'lib'`,
    }),
  ).toEqual(['packages/ode/src/index.ts: must not import @rectified-flow/reflow: imports run one way'])
})

it('rejects an import from the same layer, also in package.json', () => {
  expect(
    house({
      'packages/checkpoints/package.json': manifest('checkpoints', ['@rectified-flow/ode']),
      'packages/checkpoints/src/index.ts': `export { solve } from '@rectified-flow/ode'`,
    }),
  ).toEqual([
    'packages/checkpoints/package.json: must not depend on @rectified-flow/ode: imports run one way',
    'packages/checkpoints/src/index.ts: must not import @rectified-flow/ode: imports run one way',
  ])
})

it('rejects a package that has no layer', () => {
  expect(house({ 'packages/new/package.json': manifest('new') })).toEqual([
    'packages/new/package.json: must not exist: it has no layer in tools/src/import-rules.ts',
  ])
})

it.each([
  ['@rectified-flow/core/a', 'it is not in the exports of @rectified-flow/core'],
  ['@rectified-flow/none', 'there is no such package'],
  ['@rectified-flow/tools/leaks', 'tools are for tests'],
  ['@rectified-flow/reflow', 'a package imports its own files by relative path'],
  ['@rectified-flow/core', '@rectified-flow/core is not in the dependencies of packages/reflow/package.json'],
  ['lib', 'lib is not in the dependencies of packages/reflow/package.json'],
  ['fs', 'write node:fs'],
  ['./none.js', 'there is no such file'],
  ['../../core/src/a.js', 'it is outside of packages/reflow; use a published name'],
])('rejects %s in a source file', (specifier, reason) => {
  const file = 'packages/reflow/src/file.ts'
  expect(house({ [file]: `import '${specifier}'` })).toEqual([
    `${file}: must not import ${specifier}: ${reason}`,
  ])
})

it('rejects an import in a test that its package does not declare', () => {
  const file = 'packages/reflow/test/a.test.ts'
  expect(house({ [file]: `import '@rectified-flow/core'\nimport 'vitest'` })).toEqual([
    `${file}: must not import @rectified-flow/core: @rectified-flow/core is not in packages/reflow/package.json`,
  ])
})

it('rejects tools and paths into packages in an example', () => {
  const file = 'examples/one/data.ts'
  expect(
    house({ [file]: `import '@rectified-flow/tools/leaks'\nawait import('../../packages/core/src/a.js')` }),
  ).toEqual([
    `${file}: must not import @rectified-flow/tools/leaks: tools are for tests`,
    `${file}: must not import ../../packages/core/src/a.js: it is outside of examples/one; use a published name`,
  ])
})

it('accepts a peer of a dependency, and anything an example installs', () => {
  const manifestOf = (name: string, fields: object) =>
    JSON.stringify({ name: `@rectified-flow/${name}`, exports: { '.': {} }, ...fields })
  expect(
    house({
      'packages/core/package.json': manifestOf('core', { peerDependencies: { peer: '1.0.0' } }),
      'packages/core/src/a.ts': `import 'peer'`,
      'packages/ode/package.json': manifestOf('ode', {
        dependencies: { '@rectified-flow/core': '1.0.0', lib: '1.0.0' },
        peerDependencies: { peer: '1.0.0' },
      }),
      'examples/one/package.json': manifest('example-one', ['@rectified-flow/core', 'tsx']),
      'examples/one/main.ts': `import '@rectified-flow/core'`,
    }),
  ).toEqual([])
})

it('accepts what is bundled, but rejects it if nothing imports it', () => {
  const manifestOf = (bundled: string[]) =>
    JSON.stringify({ name: '@rectified-flow/reflow', exports: { '.': {} }, bundled })
  const source = { 'packages/reflow/src/index.ts': `import 'lib'` }
  expect(house({ ...source, 'packages/reflow/package.json': manifestOf(['lib']) })).toEqual([])
  expect(house({ ...source, 'packages/reflow/package.json': manifestOf(['lib', 'other']) })).toEqual([
    'packages/reflow/package.json: must not depend on other: nothing in the package imports it',
  ])
})

it('rejects a dependency that nothing imports, but accepts an optional peer whose name is in a string', () => {
  const changes = { 'packages/reflow/package.json': manifest('reflow', ['@rectified-flow/ode', 'peer']) }
  expect(house(changes)).toEqual([
    'packages/reflow/package.json: must not depend on peer: nothing in the package imports it',
  ])
  expect(
    house({
      ...changes,
      'packages/reflow/src/peer.ts': `export const load = (name = 'peer') => import(name)`,
    }),
  ).toEqual([])
})

it.each([
  ['static', `import 'node:fs'`, 'node:fs'],
  ['dynamic', `export const read = () => import('node:fs/promises')`, 'node:fs/promises'],
  ['re-exported', `export { join } from 'node:path'`, 'node:path'],
])('rejects Node behind a main entry: %s', (_, text, specifier) => {
  expect(house({ 'packages/core/src/a.ts': text })).toEqual([
    `packages/core/src/a.ts: must not import ${specifier}: packages/core/src/index.ts reaches it, and runs in a browser`,
  ])
})

it('rejects a module of Node behind any entry but /node', () => {
  const core = { name: '@rectified-flow/core', exports: { '.': {}, './node': {}, './math': {} } }
  expect(
    house({
      'packages/core/package.json': JSON.stringify(core),
      'packages/core/src/math/index.ts': `import 'node:fs'`,
    }),
  ).toEqual([
    'packages/core/src/math/index.ts: must not import node:fs: packages/core/src/math/index.ts reaches it, and runs in a browser',
  ])
})

it('rejects /node of another package behind a main entry', () => {
  expect(house({ 'packages/ode/src/index.ts': `import '@rectified-flow/core/node'\nimport 'lib'` })).toEqual([
    'packages/ode/src/index.ts: must not import @rectified-flow/core/node: packages/ode/src/index.ts reaches it, and runs in a browser',
  ])
})

it.each([
  ['an import', `import './index.js'`],
  ['a type', `import type { A } from './index.js'`],
  ['a later import', `export const later = () => import('./index.js')`],
])('rejects a cycle of files that %s closes', (_, text) => {
  expect(house({ 'packages/core/src/a.ts': text })).toEqual([
    'packages/core/src/index.ts: must not import packages/core/src/a.ts: it closes the cycle src/a.ts -> src/index.ts -> src/a.ts',
  ])
})
