import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { expect, it } from 'vitest'
import { run } from './run.js'

const root = join(import.meta.dirname, '..')

it('loads only its frame until a command is called', async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    packages: 'external',
    write: false,
    metafile: true,
  })
  const packages = [...atOnce(metafile, 'dist/main.js')].filter(path => !path.startsWith('node:'))
  expect(packages.filter(path => !path.startsWith('dist/'))).toEqual(['commander'])
})

/** What a file imports before it runs, and what that imports. */
function atOnce({ outputs }: Metafile, path: string, found = new Set<string>()): Set<string> {
  for (const { kind, path: next } of outputs[path]?.imports ?? [])
    if (kind === 'import-statement' && !found.has(next)) {
      found.add(next)
      atOnce({ inputs: {}, outputs }, next, found)
    }
  return found
}

it('is there when a package manager links it, before anything is built', async () => {
  const { bin, files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  for (const path of Object.values(bin) as string[]) {
    expect(existsSync(join(root, path))).toBe(true)
    expect(path).not.toContain('dist')
    expect(files).toContain(path.split('/')[1])
  }
})

it('shows the help of a command and of one below it', async () => {
  const helped = (...args: string[]) => run(...args).catch(error => error.code)
  for (const args of [['--help'], ['help', 'fid'], ['train', '--help'], ['pairs', 'invert', '--help']])
    expect(await helped(...args)).toBe(args[0] === 'help' ? 'commander.help' : 'commander.helpDisplayed')
})
