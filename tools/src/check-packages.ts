import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { readmeExample } from './readme-example.js'

// Checks the packages as a user gets them: each is packed, checked as a tarball, installed with npm together with the others
// into an empty project, and bundled for a browser; then the first example of its README runs.

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules/.bin', name)

interface Manifest {
  name: string
  exports: Record<string, unknown>
  bin?: Record<string, string>
}

interface Packed {
  dir: string
  name: string
  manifest: Manifest
  tarball: string
}

let failed = 0
/** Print one line per package and check; `problem` is null if the check passed. */
function report(name: string, check: string, problem: string | null): void {
  console.log(`${problem === null ? 'ok  ' : 'FAIL'} ${name}: ${check}`)
  if (problem === null) return
  failed++
  console.log(problem.trim().replace(/^/gm, '     '))
}

/** Run a program to its end. Returns its stdout, and a description of what went wrong or null. */
function run(program: string, args: string[], cwd: string): { stdout: string; problem: string | null } {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
  })
  if (error) return { stdout: '', problem: error.message }
  return { stdout, problem: status === 0 ? null : `exit ${signal ?? status}\n${stdout}${stderr}` }
}

function pack(dir: string, to: string): Packed | null {
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest
  const { name } = manifest
  if (!existsSync(join(dir, 'dist/index.js'))) {
    report(name, 'pack', 'dist is missing: run npm run build first')
    return null
  }
  const { stdout, problem } = run(bin('pnpm'), ['pack', '--json', '--pack-destination', to], dir)
  report(name, 'pack', problem)
  return problem === null
    ? { dir, name, manifest, tarball: (JSON.parse(stdout) as { filename: string }).filename }
    : null
}

function checkTarball({ name, tarball }: Packed): void {
  report(name, 'publint', run(bin('publint'), ['run', tarball, '--strict'], root).problem)
  report(name, 'types', run(bin('attw'), [tarball, '--profile', 'esm-only'], root).problem)
}

/** Install every tarball, and the peer that all of them share, into one empty ESM project. */
function install(packed: Packed[], project: string): boolean {
  const dependencies = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]))
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      private: true,
      type: 'module',
      dependencies: { ...dependencies, '@tensorflow/tfjs-core': '4.22.0' },
    }),
  )
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const { problem } = run('npm', args, project)
  report('all packages', 'npm install', problem)
  return problem === null
}

/** Bundle the package for a browser. A package without a main entry is only for Node. */
async function checkBundle({ name, manifest }: Packed, project: string): Promise<void> {
  if (!('.' in manifest.exports)) return
  const problem = await build({
    stdin: { contents: `export * from '${name}'`, resolveDir: project },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  }).then(
    () => null,
    error => String(error),
  )
  report(name, 'browser bundle', problem)
}

/** Start each command of the package. */
function checkCommands({ name, manifest }: Packed, project: string): void {
  for (const command of Object.keys(manifest.bin ?? {}))
    report(name, command, run(join(project, 'node_modules/.bin', command), ['--version'], project).problem)
}

function checkReadme({ name, dir }: Packed, project: string): void {
  report(name, 'README example', exampleProblem(join(dir, 'README.md'), project))
}

function exampleProblem(readme: string, project: string): string | null {
  if (!existsSync(readme)) return 'README.md is missing'
  const example = readmeExample(readFileSync(readme, 'utf8'))
  if (typeof example === 'string') return example
  writeFileSync(join(project, 'example.js'), example.code)
  const { stdout, problem } = run(process.execPath, ['example.js'], project)
  if (problem !== null || stdout.trim() === example.output.trim()) return problem
  return `printed\n${stdout.trim()}\nwhere the README says\n${example.output.trim()}`
}

const project = mkdtempSync(join(tmpdir(), 'rectified-flow-'))
try {
  const packed = readdirSync(join(root, 'packages'))
    .map(name => join(root, 'packages', name))
    .filter(dir => existsSync(join(dir, 'package.json')))
    .map(dir => pack(dir, project))
    .filter(one => one !== null)
  for (const one of packed) checkTarball(one)
  if (install(packed, project)) {
    for (const one of packed) {
      await checkBundle(one, project)
      checkCommands(one, project)
      checkReadme(one, project)
    }
  }
} finally {
  rmSync(project, { recursive: true })
}
console.log(failed === 0 ? 'packages: all work as a user gets them' : `packages: ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
