import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launch, serve } from './chromium.js'
import type { Computed } from './threads-worker.js'

const wasm = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
  'dist',
)
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

// A machine without a browser can't show anything here; CI installs one.
describe.runIf(chromiumPath)('threads of wasm in Chromium', () => {
  let browser: Browser
  let folder: string
  const servers: Server[] = []
  const urls: Record<'isolated' | 'plain', string> = { isolated: '', plain: '' }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'threads-'))
    await build({
      entryPoints: [join(import.meta.dirname, 'threads-worker.ts')],
      outfile: join(folder, 'worker.js'),
      conditions: ['@rectified-flow/source'],
      bundle: true,
      minify: true, // threads run the source of functions
      format: 'esm',
      platform: 'browser',
      logLevel: 'error',
    })
    await writeFile(join(folder, 'index.html'), '<!doctype html>')
    for (const [name, headers] of [
      ['isolated', isolation],
      ['plain', {}],
    ] as const) {
      const { url, server } = await serve({ '/': folder, '/wasm/': wasm }, headers)
      urls[name] = `${url}/index.html`
      servers.push(server)
    }
    browser = await launch()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
    if (folder) await rm(folder, { recursive: true })
  })

  /** What a new worker of a page computes with so many threads. */
  async function computed(site: keyof typeof urls, threads?: number): Promise<Computed> {
    const page = await browser.newPage()
    await page.goto(urls[site])
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(site === 'isolated')
    const result = await page.evaluate(
      threads =>
        new Promise((resolve, reject) => {
          const worker = new Worker('worker.js', { type: 'module' })
          worker.onmessage = ({ data }) => resolve(data)
          worker.onerror = event => reject(new Error(event.message))
          worker.postMessage(threads)
        }),
      threads,
    )
    await page.close()
    return result as Computed
  }

  it('share the work on an isolated page, and give the same bits', async () => {
    const one = await computed('plain')
    expect(one).toEqual({ numbers: expect.any(Array) })
    expect(one.numbers.length).toBe(8 * 16 * 16 * 32 + 9 * 24 * 32)
    const three = await computed('isolated', 3)
    expect(three.device).toBe('3 threads')
    expect(three.numbers).toEqual(one.numbers)
    expect((await computed('isolated')).device).toMatch(/^\d threads?$/)
  }, 60_000)

  it('are refused elsewhere, with what they need', async () => {
    const { error } = await computed('plain', 2)
    expect(error).toBe(
      "backends.useBackend: wasm can't be used here: more than 1 thread needs a binary of sharedBinary, in a worker of an isolated page.",
    )
  }, 60_000)
})
