import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { playground } from '../open-playground.js'
import { changed, dragged, pixels, says } from './pictures.js'

/** Tests of the faces. */
export function faces(): void {
  let page: Page
  beforeAll(async () => {
    page = await playground.open()
  })
  afterAll(() => page?.close())

  it('draws a wall of faces, turns it, and gives it glasses', async () => {
    await page.locator('#faces').scrollIntoViewIfNeeded()
    await says(page, '#faces-model', /^716,643 weights/)
    await says(page, '#face-moments', /^mean /)
    const mixed = await pixels(page, '#wall')
    await page.locator('input[name=glasses][value=yes]').check({ force: true })
    await changed(page, '#wall', mixed)
    await page.waitForURL(/glasses=yes/)
    expect(await dragged(page, '#wall-pad', '#face-rate')).toBeGreaterThan(0)
    const turned = await pixels(page, '#wall')
    await page.locator('#wall-pad').press('ArrowRight')
    await changed(page, '#wall', turned)
  }, 60_000)

  it('puts a hat on the wall, in blue or red above the faces, and leaves what is below', async () => {
    const wall = () =>
      page.locator('#wall').evaluate(canvas => {
        const copy = new OffscreenCanvas(96, 64).getContext('2d', { willReadFrequently: true })!
        copy.drawImage(canvas as HTMLCanvasElement, 0, 0)
        return [...copy.getImageData(0, 0, 96, 64).data]
      })
    const [bare, before] = [await wall(), await pixels(page, '#wall')]
    await page.locator('input[name=hat][value=yes]').check({ force: true })
    await changed(page, '#wall', before)
    await page.waitForURL(/hat=yes/)
    /** How much the pixels of some rows of each face differ, on average. */
    const apart = (hats: number[], first: number, last: number) => {
      const levels = hats.flatMap((level, i) => {
        const row = Math.floor(i / 4 / 96) % 16
        return i % 4 === 3 || row < first || row > last ? [] : [Math.abs(level - bare[i]!)]
      })
      return levels.reduce((sum, one) => sum + one, 0) / levels.length
    }
    await expect.poll(async () => apart(await wall(), 1, 4), { timeout: 20_000 }).toBeGreaterThan(40)
    const hats = await wall()
    expect(apart(hats, 1, 4)).toBeGreaterThan(3 * apart(hats, 9, 15))
  }, 60_000)

  it('paints on a face by keys, and draws its noise as all eight kinds', async () => {
    const variants = await pixels(page, '#variants')
    await page.getByRole('button', { name: 'Next face' }).click()
    await changed(page, '#variants', variants)
    const clean = await pixels(page, '#face-canvas')
    await page.locator('#colours input').nth(9).check({ force: true })
    const pad = page.locator('#face')
    await pad.focus()
    for (const key of ['Space', 'ArrowRight', 'Space']) await page.keyboard.press(key)
    await changed(page, '#face-canvas', clean)
    await says(
      page,
      '#status',
      /^The noise of this face is found \([\w, ]+\), and drawn as all eight classes\.$/,
    )
    await page.locator('#shows-glasses').selectOption('yes')
    await says(page, '#status', /glasses\), and drawn/)
    const bare = await pixels(page, '#variants')
    await page.getByLabel('with a hat').check({ force: true })
    await changed(page, '#variants', bare)
    await says(page, '#status', /eight classes, with a hat\.$/)
  }, 60_000)

  it('never loads 4 MB, with all networks', () => {
    expect(playground.bytes(page)).toBeGreaterThan(2.3e6)
    expect(playground.bytes(page)).toBeLessThan(4e6)
  })
}
