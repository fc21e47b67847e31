import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { playground } from '../open-playground.js'
import { says } from './pictures.js'

/** Tests of the service worker, and of the page in a frame. */
export function kept(): void {
  /** The names of the kept files. */
  const files = (page: Page) =>
    page.evaluate(async () => (await (await caches.open('playground')).keys()).map(({ url }) => url).join())

  it('works without a network after one visit, and is isolated from the second on', async () => {
    const page = await playground.open()
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
    for (const needed of [/\.wasm/, /worker-.*\.js/])
      await expect.poll(() => files(page), { timeout: 10_000 }).toMatch(needed)
    await page.reload()
    await page.locator('html[data-ready]').waitFor()
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await page.locator('#digits').scrollIntoViewIfNeeded()
    await says(page, '#digits-model', /^Three networks/)
    await page.getByRole('button', { name: 'Train a student' }).click()
    await says(page, '#straighten-estimate', /^It trains on wasm, \d threads?, while/)
    await says(page, '#straighten-status', /^The teacher makes pairs: \d+ of 1024/)
    await page.getByRole('button', { name: 'Stop' }).click()

    await page.context().setOffline(true)
    await page.reload()
    await page.locator('#train:enabled').waitFor()
    expect(await page.textContent('#backend')).toMatch(/^wasm/)
    await page.close()
  }, 60_000)

  it('keeps the parts that load later, and lets go of those of another build', async () => {
    const page = await playground.open()
    await expect.poll(() => files(page), { timeout: 10_000 }).toMatch(/\.wasm/)
    await page.reload() // from now on the service worker sees what the page loads
    await page.locator('html[data-ready]').waitFor()
    await page.locator('#faces').scrollIntoViewIfNeeded()
    await expect.poll(() => files(page), { timeout: 10_000 }).toMatch(/face-student-/)
    await page.evaluate(async () => {
      scrollTo(0, 0)
      const cache = await caches.open('playground')
      for (const name of ['js', 'safetensors']) await cache.put(`./assets/old-1234.${name}`, new Response(''))
    })
    await page.reload()
    await page.locator('html[data-ready]').waitFor()
    await expect.poll(() => files(page)).not.toMatch(/old-1234/)
    expect(await files(page)).toMatch(/face-lab-/)
    expect(await files(page)).toMatch(/face-student-/)
    await page.close()
  }, 60_000)

  it('shows the two flows alone in a frame of another site, which is not isolated', async () => {
    const own = await playground.open()
    const page = await own.context().newPage()
    await page.setContent(`<iframe src="${playground.url}?embed" width="720" height="480"></iframe>`)
    const frame = page.frameLocator('iframe')
    await frame.locator('html[data-ready]').waitFor()
    expect(await frame.locator('#lab').isVisible()).toBe(false)
    expect(await frame.getByRole('link', { name: 'Open the playground' }).isVisible()).toBe(true)
    expect(await frame.locator('body').evaluate(() => crossOriginIsolated)).toBe(false)
    await own.close()
  }, 40_000)
}
