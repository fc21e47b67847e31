import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng } from '@rectified-flow/core'
import { openPairStore } from '@rectified-flow/datasets/node'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderContents } from '../../../test/kills/folder-contents.js'
import { killAgainAndAgain } from '../../../test/kills/kill-again-and-again.js'

const here = fileURLToPath(new URL('.', import.meta.url))
let folder: string
let writer: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'))
  writer = join(folder, 'writer.mjs')
  await build({
    entryPoints: [join(here, 'store-writer.ts')],
    outfile: writer,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@rectified-flow/source'],
    external: ['sharp'],
    // tfjs-core calls require() for modules of Node.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/')" },
    mainFields: ['module', 'main'],
    logLevel: 'error',
  })
})
afterAll(() => rm(folder, { recursive: true }))

/** Run the writer, for all of a store or for one part of it. */
const start = (directory: string, part = 0, parts = 1): ChildProcess =>
  fork(writer, [directory, String(part), String(parts)], { silent: true, execArgv: [] })

async function write(directory: string, part?: number, parts?: number): Promise<void> {
  expect(await once(start(directory, part, parts), 'close')).toEqual([0, null])
}

describe('a pair store', () => {
  it('is the same from a writer killed 20 times (kill -9) and from an undisturbed one', {
    timeout: 180_000,
  }, async () => {
    const rng = createRng(20)
    const own = join(folder, 'killed')
    await mkdir(own)
    const job = { start, writesTo: ['.'], contents: (out: string) => folderContents(out) }
    await killAgainAndAgain(job, { folder: own, kills: 20, uniform: () => rng.uniforms(1)[0]! })
  })

  it('is the same from two processes and from one', { timeout: 60_000 }, async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    await write(one)
    await Promise.all([0, 1].map(part => write(two, part, 2)))
    expect(await folderContents(two)).toEqual(await folderContents(one))
    const store = await openPairStore(two)
    expect(await store.verify()).toEqual([])
  })
})
