import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { build, preview } from 'vite'
import { launch } from '../../../test/browser/chromium.js'

const root = join(import.meta.dirname, '..')

export interface OpenOptions
  extends Pick<BrowserContextOptions, 'colorScheme' | 'forcedColors' | 'reducedMotion' | 'viewport'> {
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
  /** Bytes of the files that a page has loaded. What several workers load comes from the browser's cache, and counts once. */
  bytes(page: Page): number
  close(): Promise<void>
}

/** The playground of this test file, once it has started. */
export let playground: Playground

/** Build the page, serve it, and start a real browser. */
export async function startPlayground(): Promise<void> {
  const outDir = await mkdtemp(join(tmpdir(), 'playground-'))
  const [browser] = await Promise.all([
    launch(),
    build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true } }),
  ])
  const server = await preview({
    root,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  })
  const url = server.resolvedUrls!.local[0]!
  const complaints: string[] = []
  const loaded = new WeakMap<Page, Map<string, number>>()
  playground = {
    url,
    complaints,
    bytes: page => [...loaded.get(page)!.values()].reduce((sum, size) => sum + size, 0),
    async open(hash = '', { search = '', block, ...options } = {}) {
      const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
      const page = await context.newPage()
      page.on('close', () => context.close().catch(() => {})) // the browser may have closed before
      const files = new Map<string, number>()
      loaded.set(page, files)
      if (block) await page.route(block, route => route.abort())
      page.on('pageerror', error => complaints.push(error.message))
      page.on('console', message => complaints.push(`${message.type()}: ${message.text()}`))
      page.on('response', async response => {
        const { length } = await response.body().catch(() => '')
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
