import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { installers } from './installers.js'
import { type Packed, packAll } from './pack.js'
import { type Readme, readReadme } from './readme-programs.js'
import { publishAll, startRegistry } from './registry.js'
import { rehearse } from './rehearse.js'
import { failures, report } from './report.js'
import { command, root, runNode } from './run.js'
import { measureSize } from './sizes.js'

// Checks the packages as a user gets them. Each is packed and checked as a tarball, and published to a registry of this
// machine. Then each is installed alone, as its README says, with npm, pnpm and yarn, and the README's programs run.
//
//   npm run packages                     all packages, and the README of the repository
//   npm run packages -- ode README.md    these packages and READMEs only

async function checkTarball({ name, tarball }: Packed): Promise<void> {
  const options = { cwd: root }
  report(name, 'publint', (await runNode(command('publint'), ['run', tarball, '--strict'], options)).problem)
  const attw = command('@arethetypeswrong/cli', 'attw')
  report(name, 'types', (await runNode(attw, [tarball, '--profile', 'esm-only'], options)).problem)
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
async function checkCommands({ name, manifest }: Packed, project: string): Promise<void> {
  for (const [bin, file] of Object.entries(manifest.bin ?? {})) {
    const path = join(project, 'node_modules', name, file)
    report(name, bin, (await runNode(path, ['--version'], { cwd: project })).problem)
  }
}

/** Install and run what the README of a folder says, with each package manager. */
async function checkReadme(dir: string, name: string, one: Packed | undefined): Promise<void> {
  let readme: Readme
  try {
    readme = readReadme(readFileSync(join(dir, 'README.md'), 'utf8'))
  } catch (error) {
    return report(name, 'README.md', (error as Error).message)
  }
  // Side by side, because an install mostly waits for the disk and the registry.
  await Promise.all(
    managers.map(async installer => {
      const project = join(work, installer.name, name)
      const installed = await rehearse(name, readme, installer, project)
      if (!installed || installer.name !== 'npm' || one === undefined) return
      await checkBundle(one, project)
      const { text, problem } = await measureSize(one, project)
      report(name, text, problem)
      await checkCommands(one, project)
    }),
  )
}

const only = process.argv.slice(2)
const wanted = (name: string) => only.length === 0 || only.includes(name)
const work = mkdtempSync(join(tmpdir(), 'rectified-flow-'))
const registry = await startRegistry(work)
const managers = installers(registry.url, join(work, 'caches'))
try {
  const packed = await packAll(work)
  const chosen = packed.filter(({ dir }) => wanted(basename(dir)))
  for (const one of chosen) await checkTarball(one)
  await publishAll(packed, registry, work)
  for (const one of chosen) await checkReadme(one.dir, one.name, one)
  if (wanted('README.md')) await checkReadme(root, 'README.md', undefined)
} finally {
  registry.close()
  rmSync(work, { recursive: true })
}
console.log(failures() === 0 ? 'packages: all work as a user gets them' : `packages: ${failures()} failed`)
process.exit(failures() === 0 ? 0 : 1)
