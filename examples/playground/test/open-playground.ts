import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { build, preview } from 'vite'
import { launch } from '../../../test/browser/chromium.js'

const root = join(import.meta.dirname, '..')

export interface OpenOptions
  extends Pick<BrowserContextOptions, 'colorScheme' | 'reducedMotion' | 'viewport'> {
  /** What the address has before its #. */
  search?: string
  /** Files that the browser doesn't get. */
  block?: string
}

export interface Playground {
  url: string
  /** Open a page of the playground, with the state of a hash. Its errors and console output go to `complaints`. */
  open(hash?: string, options?: OpenOptions): Promise<Page>
  /** Errors and console output of all pages so far. */
  complaints: string[]
  /** Bytes that all pages so far have loaded. */
  bytes(): number
  /** The size of each file that they loaded, by its address: what several workers load comes from the browser's cache. */
  files: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** Build the page, serve it, and start a real browser. */
export async function buildPlayground(): Promise<Playground> {
  const outDir = await mkdtemp(join(tmpdir(), 'playground-'))
  await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  const server = await preview({
    root,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  })
  const url = server.resolvedUrls!.local[0]!
  const browser = await launch()
  const complaints: string[] = []
  let bytes = 0
  const files = new Map<string, number>()
  return {
    url,
    complaints,
    bytes: () => bytes,
    files,
    async open(hash = '', { search = '', block, ...options } = {}) {
      const page = await browser.newPage({ reducedMotion: 'reduce', ...options })
      if (block) await page.route(block, route => route.abort())
      page.on('pageerror', error => complaints.push(error.message))
      page.on('console', message => complaints.push(`${message.type()}: ${message.text()}`))
      page.on('response', async response => {
        const { length } = await response.body().catch(() => '')
        bytes += length
        files.set(response.url(), Math.max(length, files.get(response.url()) ?? 0))
      })
      await page.goto(`${url}${search}${hash}`)
      await page.locator('html[data-ready]').waitFor()
      return page
    },
    async close() {
      await browser.close()
      await server.close()
      await rm(outDir, { recursive: true })
    },
  }
}
