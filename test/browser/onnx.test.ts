import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createRng, oneHot } from '@rectified-flow/core'
import type { Flow } from '@rectified-flow/flow'
import { exportOnnx, loadFlow } from '@rectified-flow/flow/node'
import { sample } from '@rectified-flow/reflow'
import { expectClose } from '@rectified-flow/tools/matchers'
import type * as Runtime from 'onnxruntime-web'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launch, serve } from './chromium.js'

const recipe = join(import.meta.dirname, '../../docs/recipes/onnx.md')
/** The files that the recipe's page takes from a CDN. */
const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'))

describe.runIf(chromiumPath)('an exported flow in Chromium, with onnxruntime-web', () => {
  let browser: Browser
  let folder: string
  let url: string
  let server: Server
  let flow: Flow
  let html: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-page-'))
    html = /^```html\n([\s\S]*?)^```$/m.exec(await readFile(recipe, 'utf8'))![1]!
    await writeFile(join(folder, 'index.html'), html)
    flow = await loadFlow('digits')
    await exportOnnx(flow, join(folder, 'digits.onnx'))
    ;({ url, server } = await serve({ '/': folder }))
    browser = await launch()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    flow?.dispose()
    if (folder) await rm(folder, { recursive: true })
  })

  /** The recipe's page, with the CDN's files from node_modules. */
  async function open(): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 560, height: 100 } })
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(error.message))
    await page.route('https://cdn.jsdelivr.net/**', route =>
      route.fulfill({
        path: join(dist, basename(new URL(route.request().url()).pathname)),
        headers: { 'access-control-allow-origin': '*' },
      }),
    )
    await page.goto(`${url}/index.html`)
    return { page, complaints }
  }

  it('draws ten digits on the page of the recipe', async () => {
    const { page, complaints } = await open()
    // Strokes and ground in each of the ten places.
    await page.waitForFunction(() => {
      const { data } = document.querySelector('canvas')!.getContext('2d')!.getImageData(0, 0, 280, 28)
      return Array.from({ length: 10 }, (_, place) => place).every(place => {
        const levels = Array.from(
          { length: 784 },
          (_, i) => data[4 * (280 * Math.floor(i / 28) + 28 * place + (i % 28))]!,
        )
        return Math.max(...levels) > 200 && levels.filter(level => level < 50).length > 392
      })
    })
    expect(complaints).toEqual([])
    await page.close()
  })

  it('draws the images of tfjs to 1e-5', async () => {
    const noise = createRng(4).normal([2, 28, 28, 1])
    const labels = oneHot([2, 8], 10)
    const { page } = await open()
    const [address] = /https:.*?mjs/.exec(html)!
    await page.addScriptTag({ type: 'module', content: `globalThis.ort = await import('${address}')` })
    await page.waitForFunction(() => 'ort' in globalThis)
    const images = await page.evaluate(
      async ([noise, labels]) => {
        const { InferenceSession, Tensor } = (globalThis as unknown as { ort: typeof Runtime }).ort
        const session = await InferenceSession.create('digits.onnx')
        const { images } = await session.run({
          noise: new Tensor('float32', noise, [2, 1, 28, 28]),
          class_labels: new Tensor('float32', labels, [2, 10]),
        })
        return [...(images!.data as Float32Array)]
      },
      [[...(await noise.data())], [...(await labels.data())]] as const,
    )
    const { x } = sample(flow.velocity({ classLabels: labels }), noise)
    await expectClose(images, await x.data(), { rtol: 0, atol: 1e-5 })
    await page.close()
  })
})
