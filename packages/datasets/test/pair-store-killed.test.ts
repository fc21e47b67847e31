import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng } from '@rectified-flow/core'
import { openPairStore } from '@rectified-flow/datasets/node'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const KILLS = 20
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

/** Run the writer, and kill -9 it after killMs. Resolves to whether it finished. */
function write(directory: string, { part = 0, parts = 1, killMs = Infinity } = {}): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, directory, String(part), String(parts)])
    let stderr = ''
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    const timer = killMs < Infinity ? setTimeout(() => child.kill('SIGKILL'), killMs) : undefined
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0 || signal === 'SIGKILL') resolve(code === 0)
      else reject(new Error(stderr))
    })
  })
}

async function contents(directory: string): Promise<Map<string, string>> {
  const names = (await readdir(directory)).sort()
  const files = names.map(
    async name => [name, (await readFile(join(directory, name))).toString('hex')] as const,
  )
  return new Map(await Promise.all(files))
}

describe('a pair store', () => {
  it('is the same from a writer killed 20 times and from an undisturbed one', {
    timeout: 180_000,
  }, async () => {
    const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')]
    const begin = performance.now()
    await write(whole)
    const runMs = performance.now() - begin
    const rng = createRng(20)
    let kills = 0
    let stores = 0
    while (kills < KILLS) {
      // A store that is finished between two kills is compared, and the next one is begun.
      const killMs = runMs * (0.3 + 0.7 * rng.uniforms(1)[0]!)
      const finished = await write(broken, { killMs })
      if (!finished) kills++
      if (!finished && kills < KILLS) continue
      await write(broken)
      expect(await contents(broken)).toEqual(await contents(whole))
      await rm(broken, { recursive: true })
      stores++
    }
    expect(stores).toBeGreaterThan(0)
  })

  it('is the same from two processes and from one', { timeout: 60_000 }, async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    await write(one)
    await Promise.all([0, 1].map(part => write(two, { part, parts: 2 })))
    expect(await contents(two)).toEqual(await contents(one))
    const store = await openPairStore(two)
    expect(await store.verify()).toEqual([])
  })
})
