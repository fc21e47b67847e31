import { expect, it } from 'vitest'
import { playground } from '../open-playground.js'
import { changed, pixels } from './pictures.js'

/** Tests of the two flows at the top, and of the tour. */
export function twoFlows(): void {
  it('moves on arrival, takes fewer steps, and leads through a tour', async () => {
    const page = await playground.open('', { reducedMotion: 'no-preference' })
    await changed(page, '#left', await pixels(page, '#left'))
    const time = () => page.locator('#loop').inputValue()
    const before = await time()
    await expect.poll(time).not.toBe(before)
    await page.locator('.time').getByRole('button', { name: 'Pause' }).click()
    const still = await time()

    // One step: the left cloud is a heap, the right one isn't.
    await page.locator('#steps').press('End')
    expect(await page.textContent('#steps-now')).toBe('1 step')
    await page.waitForURL(/steps=1$/)
    await page.locator('#loop').fill('1')
    const inkOf = (id: string) =>
      page.locator(id).evaluate(canvas => {
        const { width, height } = canvas as HTMLCanvasElement
        const context = (canvas as HTMLCanvasElement).getContext('2d')!
        const { data } = context.getImageData(0, 0, width, height)
        return data.filter((value, i) => i % 4 === 3 && value > 200).length
      })
    await expect.poll(async () => (await inkOf('#left')) / (await inkOf('#right'))).toBeLessThan(0.6)

    const tour = page.locator('#tour')
    const stops = ['Pairs cross', 'A flow averages', 'One step hits', 'Reflow: learn', 'One step works']
    for (const [i, name] of stops.entries()) {
      await page.locator('#tour-next').click()
      await tour.getByRole('button', { name, expanded: true }).waitFor()
      expect(await page.locator('.lit').count()).toBe(1)
      expect(await page.getByLabel('What they learned from').isChecked()).toBe(i % 3 === 0)
      if (i === 0) await expect.poll(() => page.textContent('#held')).toMatch(/\d+ pairs pass/)
      if (i === 2) await expect.poll(time).not.toBe(still)
    }
    await page.getByRole('button', { name: 'To the laboratory' }).click()
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('train')
    expect(await page.locator('.lit').count()).toBe(0)
    await page.close()
  }, 40_000)

  it('stands still where motion is unwanted, and lets a particle be held', async () => {
    const page = await playground.open()
    expect(await page.locator('#loop').inputValue()).toBe('1')
    await page.waitForTimeout(300)
    expect(await page.locator('#loop').inputValue()).toBe('1')
    await page.locator('#loop').fill('0.5')
    const [left, right] = [await pixels(page, '#left'), await pixels(page, '#right')]
    const box = (await page.locator('#left').boundingBox())!
    await page.mouse.click(box.x + 0.3 * box.width, box.y + 0.6 * box.height)
    await expect
      .poll(() => page.textContent('#held'))
      .toMatch(/^At t.=.0.50, \d+ pairs? pass(es)? within 0.25 .* The velocity of the 1-RF leads to/)
    await changed(page, '#left', left)
    await changed(page, '#right', right) // the same noise goes elsewhere in the other flow
    await page.locator('#left-plane').press('Escape')
    await expect.poll(() => pixels(page, '#left')).toBe(left)
    await page.locator('#right-plane').press('Enter')
    await expect.poll(() => page.textContent('#held')).toMatch(/^At t/)
    await page.close()
  }, 40_000)
}
