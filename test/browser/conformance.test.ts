import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Row, record } from '../conformance/record.js'
import { buildPage, isBuilt, loadings } from './build-page.js'
import { chromiumPath, launch, serve } from './chromium.js'

const wasm = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
  'dist',
)

// This needs a browser and built packages. CI has both.
describe.runIf(chromiumPath && isBuilt).each(loadings)(
  'in Chromium, the built packages through %s',
  loading => {
    let browser: Browser
    let folder: string
    let server: Server
    let page: Page // one for all backends, because its reference takes long
    const complaints: string[] = []

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'page-'))
      const served = await serve({ '/wasm/': wasm, ...(await buildPage(loading, folder)) })
      server = served.server
      browser = await launch()
      page = await browser.newPage()
      page.on('pageerror', error => complaints.push(error.message))
      await page.goto(`${served.url}/index.html`)
    }, 120_000)

    afterAll(async () => {
      await browser?.close()
      server?.close()
      if (folder) await rm(folder, { recursive: true })
    })

    it.each(['wasm', 'webgpu-software'])(
      'every case conforms on %s',
      async backend => {
        const rows = (await page.evaluate(
          name => (globalThis as unknown as { conformance(name: string): Promise<Row[]> }).conformance(name),
          backend,
        )) as Row[]
        await record(`chromium-${backend}`, rows)
        expect(complaints).toEqual([])
        expect(rows.length).toBeGreaterThan(20)
        expect(rows.filter(({ error, tolerance }) => !(error <= tolerance))).toEqual([])
      },
      600_000,
    )
  },
)
