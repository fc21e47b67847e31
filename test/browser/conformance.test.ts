import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser } from 'playwright-core'
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
    let url: string
    let server: Server

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'page-'))
      ;({ url, server } = await serve({ '/wasm/': wasm, ...(await buildPage(loading, folder)) }))
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
  },
)
