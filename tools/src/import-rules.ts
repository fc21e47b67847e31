import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, relative } from 'node:path'
import { readSource, resolveRelative, type SourceFile } from './read-imports.js'

const scope = '@rectified-flow/'
const tools = `${scope}tools`

/** A package may use any package of a layer before its own. Examples come after all layers. */
const layers = [
  ['core'],
  ['checkpoints', 'ode', 'timestep-dists', 'backends'],
  ['datasets', 'losses-lpips-huber', 'unet', 'eval-fid'],
  ['reflow'],
  ['flow'],
  ['cli'],
]

interface Manifest {
  name: string
  exports?: Record<string, unknown>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  /** Those of devDependencies that become a part of the built files: users don't install them. */
  bundled?: string[]
}

/** A package or an example: its folder and layer, its package.json, and its files by path from the root. */
interface Unit {
  dir: string
  layer: number
  manifest: Manifest
  files: Map<string, SourceFile>
}

interface House {
  root: string
  units: Unit[]
  byName: Map<string, Unit>
}

/** Every violation, under `root`, of the one-way rule of docs/architecture.md, one line each. */
export function checkImports(root: string): string[] {
  const units = ['packages', 'examples'].flatMap(group => readUnits(root, group))
  const house: House = { root, units, byName: new Map(units.map(unit => [unit.manifest.name, unit])) }
  return units.flatMap(unit => [
    ...checkManifest(house, unit),
    ...[...unit.files].flatMap(([path, { imports }]) =>
      imports.flatMap(specifier => {
        const reason = specifier.startsWith('.')
          ? relativeReason(house, unit, path, specifier)
          : bareReason(house, unit, path, specifier)
        return reason ? [`${path}: must not import ${specifier}: ${reason}`] : []
      }),
    ),
    ...checkBrowser(house, unit),
    ...checkCycles(house, unit),
  ])
}

function readUnits(root: string, group: string): Unit[] {
  if (!existsSync(join(root, group))) return []
  return readdirSync(join(root, group))
    .filter(name => existsSync(join(root, group, name, 'package.json')))
    .map(name => {
      const dir = `${group}/${name}`
      const rooms = group === 'examples' ? readdirSync(join(root, dir)) : ['src', 'test', 'bench']
      // Node follows links when it reads a folder recursively, and those of node_modules lead to everything.
      const paths = rooms
        .filter(room => room !== 'node_modules' && room !== 'dist')
        .flatMap(room => filesIn(root, `${dir}/${room}`))
        .filter(path => /\.(ts|js|mjs)$/.test(path))
      return {
        dir,
        layer: group === 'examples' ? layers.length : layers.findIndex(layer => layer.includes(name)),
        manifest: JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8')) as Manifest,
        files: new Map(paths.sort().map(path => [path, readSource(join(root, path))])),
      }
    })
}

/** A file, or the files of a folder: paths from the root. */
function filesIn(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return []
  if (!statSync(join(root, path)).isDirectory()) return [path]
  return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).map(
    name => `${path}/${name.replaceAll('\\', '/')}`,
  )
}

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const isSource = (unit: Unit, path: string) =>
  unit.dir.startsWith('examples/')
    ? !path.startsWith(`${unit.dir}/test/`)
    : path.startsWith(`${unit.dir}/src/`)

function checkManifest({ byName }: House, unit: Unit): string[] {
  const path = `${unit.dir}/package.json`
  if (unit.layer < 0) return [`${path}: must not exist: it has no layer in tools/src/import-rules.ts`]
  const { dependencies, peerDependencies, devDependencies, bundled = [] } = unit.manifest
  const published = Object.keys({ ...dependencies, ...peerDependencies })
  const wrongWay = Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })
    .filter(name => (byName.get(name)?.layer ?? -1) >= unit.layer)
    .map(name => `${path}: must not depend on ${name}: imports run one way`)
  // The dependencies of an example may be programs and data. Those of a package must be imported: its users install them.
  if (unit.dir.startsWith('examples/')) return wrongWay
  const used = new Set<string>()
  for (const [file, { imports, strings }] of unit.files) {
    if (!isSource(unit, file)) continue
    for (const specifier of imports) used.add(packageOf(specifier))
    for (const text of strings) used.add(text)
  }
  // Users of a package must also install the peers of its dependencies, so the package may list these peers itself.
  for (const name of Object.keys(dependencies ?? {}))
    for (const peer of Object.keys(byName.get(name)?.manifest.peerDependencies ?? {})) used.add(peer)
  const unused = [...published, ...bundled]
    .filter(name => !used.has(name))
    .map(name => `${path}: must not depend on ${name}: nothing in the package imports it`)
  return [...wrongWay, ...unused]
}

function relativeReason({ root }: House, unit: Unit, path: string, specifier: string): string | null {
  const target = resolveRelative(join(root, path), specifier)
  if (target === null) return 'there is no such file'
  const inside = `${relative(root, target)}`.startsWith(`${unit.dir}/`)
  return inside || !isSource(unit, path) ? null : `it is outside of ${unit.dir}; use a published name`
}

function bareReason({ byName }: House, unit: Unit, path: string, specifier: string): string | null {
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? null : `write node:${specifier}`
  const name = packageOf(specifier)
  const source = isSource(unit, path)
  if (name === tools) return source ? 'tools are for tests' : null
  if (name === unit.manifest.name && source) return 'a package imports its own files by relative path'
  const target = byName.get(name)
  if (target) {
    if (target !== unit && target.layer >= unit.layer) return 'imports run one way'
    if (!isExported(target.manifest, `.${specifier.slice(name.length)}`))
      return `it is not in the exports of ${name}`
  } else if (name.startsWith(scope)) return 'there is no such package'
  const { dependencies, peerDependencies, devDependencies, bundled } = unit.manifest
  const published = { ...dependencies, ...peerDependencies }
  if (name in published || name === unit.manifest.name || bundled?.includes(name)) return null
  if (source && unit.dir.startsWith('packages/'))
    return `${name} is not in the dependencies of ${unit.dir}/package.json`
  // Tests may use packages that the root installs (vitest, fast-check), but must declare packages of this repository.
  if (!target || name in (devDependencies ?? {})) return null
  return `${name} is not in ${unit.dir}/package.json`
}

function isExported(manifest: Manifest, subpath: string): boolean {
  return Object.keys(manifest.exports ?? {}).some(key => {
    const [head, tail] = key.split('*') as [string, string?]
    return tail === undefined ? key === subpath : subpath.startsWith(head) && subpath.endsWith(tail)
  })
}

/** The relative imports of a file that exist, as paths from the root. */
function edges({ root }: House, unit: Unit, path: string): string[] {
  return (unit.files.get(path)?.imports ?? [])
    .filter(specifier => specifier.startsWith('.'))
    .map(specifier => resolveRelative(join(root, path), specifier))
    .filter(target => target !== null)
    .map(target => relative(root, target))
}

/** Every entry but `/node` runs in a browser, so no file that it reaches may import a module of Node. */
function checkBrowser(house: House, unit: Unit): string[] {
  const subpaths = Object.keys(unit.manifest.exports ?? { '.': {} })
  const entries = subpaths
    .filter(subpath => subpath !== './node' && !/[*]|[.]json$/.test(subpath))
    .map(subpath => join(unit.dir, 'src', subpath, 'index.ts'))
  return entries.flatMap(entry => {
    const reached = new Set([entry])
    for (const path of reached) for (const next of edges(house, unit, path)) reached.add(next)
    return [...reached].flatMap(path =>
      (unit.files.get(path)?.imports ?? [])
        .filter(specifier => isBuiltin(specifier) || new RegExp(`^${scope}[^/]+/node$`).test(specifier))
        .map(
          specifier => `${path}: must not import ${specifier}: ${entry} reaches it, and runs in a browser`,
        ),
    )
  })
}

function checkCycles(house: House, unit: Unit): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) {
      const cycle = [...trail.slice(trail.indexOf(path)), path].map(file => file.slice(unit.dir.length + 1))
      found.push(`${trail.at(-1)}: must not import ${path}: it closes the cycle ${cycle.join(' -> ')}`)
      return
    }
    if (done.has(path)) return
    for (const target of edges(house, unit, path)) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of unit.files.keys()) visit(path, [])
  return found
}
