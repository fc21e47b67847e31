import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Row, record } from '../conformance/record.js'
import { chromiumPath, launch, serve } from './chromium.js'

const wasm = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
  'dist',
)

// A machine without a browser can't show anything here; CI installs one.
describe.runIf(chromiumPath)('in Chromium', () => {
  let browser: Browser
  let folder: string
  let url: string
  let server: Server

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'page-'))
    await build({
      entryPoints: [join(import.meta.dirname, 'page.ts')],
      outfile: join(folder, 'page.js'),
      bundle: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['@rectified-flow/source'],
      logLevel: 'error',
    })
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><script type="module" src="page.js"></script>',
    )
    ;({ url, server } = await serve({ '/wasm/': wasm, '/': folder }))
    browser = await launch()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    if (folder) await rm(folder, { recursive: true })
  })

  it.each(['wasm', 'webgpu-software'])(
    'every case conforms on %s',
    async backend => {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', error => complaints.push(error.message))
      await page.goto(`${url}/index.html`)
      const rows = (await page.evaluate(
        name => (globalThis as unknown as { conformance(name: string): Promise<Row[]> }).conformance(name),
        backend,
      )) as Row[]
      await record(`chromium-${backend}`, rows)
      expect(complaints).toEqual([])
      expect(rows.length).toBeGreaterThan(20)
      expect(rows.filter(({ error, tolerance }) => !(error <= tolerance))).toEqual([])
      await page.close()
    },
    600_000,
  )
})
