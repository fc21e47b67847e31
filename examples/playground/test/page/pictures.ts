import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** All pixels of a canvas, as text to compare. */
export const pixels = (page: Page, selector: string) =>
  page.locator(selector).evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL())

/** What `pixels` gives for a canvas that nothing has been drawn on. */
export const blank = /^data:image\/png;base64,.{0,900}$/

/** Wait until a canvas shows another picture. */
export const changed = (page: Page, selector: string, before: string) =>
  expect.poll(() => pixels(page, selector), { timeout: 20_000 }).not.toBe(before)

/** Wait until an element has such a text. */
export const says = (page: Page, selector: string, text: RegExp) =>
  expect.poll(() => page.textContent(selector), { timeout: 30_000 }).toMatch(text)

/** Drag across an element until the page has counted the pictures a second, and give that number. */
export async function dragged(page: Page, selector: string, rate: string): Promise<number> {
  await page.locator(selector).scrollIntoViewIfNeeded()
  const box = (await page.locator(selector).boundingBox())!
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.locator(rate).evaluate(output => output.replaceChildren())
  await page.mouse.move(x, y)
  await page.mouse.down()
  for (let i = 0; i < 2000 && !(await page.textContent(rate)); i++)
    await page.mouse.move(x + (box.width / 3) * Math.sin(i / 25), y + (box.height / 3) * Math.cos(i / 40))
  await page.mouse.up()
  return Number.parseInt((await page.textContent(rate))!, 10)
}
