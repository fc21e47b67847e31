import { stat } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { playground } from '../open-playground.js'
import { changed, pixels } from './pictures.js'

/** Tests of links, pictures and videos. */
export function sharing(): void {
  it('draws pictures and videos, and trains by itself where a link says so', async () => {
    const page = await playground.open('#run=1', { reducedMotion: 'no-preference' })
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    for (const [item, name] of [
      ['Save a picture', /^rectified-flow\.png$/],
      ['Save a video', /^rectified-flow\.(mp4|webm)$/],
    ] as const) {
      await page.getByRole('button', { name: 'Share' }).click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: item }).click(),
      ])
      expect(download.suggestedFilename()).toMatch(name)
      expect((await stat(await download.path())).size).toBeGreaterThan(20_000)
    }
    await page.close()
  }, 60_000)

  it('keeps its state in its address', async () => {
    const page = await playground.open(
      '#data=checkerboard&solver=heun&nfe=4&timesteps=uShaped&loss=pseudoHuber',
    )
    expect(await page.getByLabel('Checkerboard').isChecked()).toBe(true)
    expect(await page.getByLabel('Solver').inputValue()).toBe('heun')
    expect(await page.getByLabel('Network calls', { exact: true }).inputValue()).toBe('4')
    await expect.poll(() => page.textContent('#paths-nfe')).toBe('4 network calls')
    await page.getByLabel('Solver').selectOption('rk4')
    expect(await page.locator('#nfe').getAttribute('min')).toBe('4') // one call is no whole step
    await page.getByRole('radio', { name: 'Draw your own' }).check()
    await page.locator('#train:disabled').waitFor() // there is nothing to learn yet
    const pairs = await pixels(page, '#pairs')
    await page.locator('#drawn').press('Space')
    for (let i = 0; i < 5; i++) await page.locator('#drawn').press('ArrowRight')
    await page.locator('#drawn').press('Space')
    await changed(page, '#pairs', pairs)
    await page.waitForURL(/data=drawn&ink=[\w-]+&nfe=4&solver=rk4/)

    const other = await playground.open(new URL(page.url()).hash)
    await expect.poll(() => pixels(other, '#pairs')).toBe(await pixels(page, '#pairs'))
    expect(await pixels(other, '#drawn canvas')).not.toBe('')
    await Promise.all([page.close(), other.close()])
  }, 40_000)
}
