import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../../../test/browser/chromium.js'
import { buildPlayground, type Playground } from './open-playground.js'

/** The numbers of a row of the table of flows, as they stand there. */
const row = async (page: Page, round: number) => {
  const cells = page.locator('#rounds tr').nth(round).locator('td')
  const [loss, bend, once, solved] = (await cells.allTextContents()).map(text =>
    Number(text.replace('<', '')),
  )
  return { loss, bend, once, solved } as Record<'loss' | 'bend' | 'once' | 'solved', number>
}
/** All pixels of a canvas, as text to compare. */
const pixels = (page: Page, selector: string) =>
  page.locator(selector).evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL())
/** Wait until a canvas shows another picture. */
const changed = async (page: Page, selector: string, before: string) =>
  expect.poll(() => pixels(page, selector), { timeout: 20_000 }).not.toBe(before)

// A machine without a browser can't show anything here; CI installs one.
describe.runIf(chromiumPath)('the playground in Chromium', () => {
  let playground: Playground

  beforeAll(async () => {
    playground = await buildPlayground()
  }, 120_000)
  afterAll(() => playground?.close())

  it('trains, straightens, and never blocks the page', async () => {
    const page = await playground.open()
    const [pairs, paths] = [await pixels(page, '#pairs'), await pixels(page, '#paths')]
    await page.evaluate(() => {
      const gaps = { longest: 0, last: performance.now() }
      Object.assign(globalThis, { gaps })
      const tick = (now: number) => {
        gaps.longest = Math.max(gaps.longest, now - gaps.last)
        gaps.last = now
        requestAnimationFrame(tick)
      }
      requestAnimationFrame(tick)
    })
    await page.getByRole('button', { name: 'Train' }).click()
    await page.locator('#loss-now:not(:text("–"))').waitFor()
    const early = await row(page, 0)
    await page.locator('#reflow:enabled').waitFor({ timeout: 40_000 })
    const first = await row(page, 0)
    expect(first.loss).toBeLessThan(0.95 * early.loss)
    expect(first.bend).toBeGreaterThan(0.1) // an untrained flow stands still, which is straight
    expect(first.solved).toBeLessThan(0.5 * first.once)
    await changed(page, '#paths', paths)

    await page.getByRole('button', { name: 'Reflow' }).click()
    await page.locator('#rounds tr').nth(1).waitFor()
    await page.locator('#reflow:enabled').waitFor({ timeout: 40_000 })
    const second = await row(page, 1)
    expect(second.bend).toBeLessThan(first.bend / 20)
    expect(second.once).toBeLessThan(first.once / 3)
    await changed(page, '#pairs', pairs)
    expect(await page.textContent('#status')).toMatch(/^The 2-RF has loss [\d.]+ and straightness [\d.]+\.$/)
    const gaps = await page.evaluate(() => (globalThis as unknown as { gaps: { longest: number } }).gaps)
    expect(gaps.longest).toBeLessThan(1000)

    const straight = await pixels(page, '#paths')
    await page.getByRole('radio', { name: '1-RF' }).check()
    await changed(page, '#paths', straight)
    await page.close()
  }, 90_000)

  it('stops a training, and starts over with other data', async () => {
    const page = await playground.open()
    await page.getByRole('button', { name: 'Train' }).click()
    await page.locator('#loss-now:not(:text("–"))').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Train on' }).waitFor({ timeout: 5_000 })
    await page.getByRole('button', { name: 'Train on' }).click()
    const pairs = await pixels(page, '#pairs')
    await page.getByRole('radio', { name: 'Spiral' }).check()
    await changed(page, '#pairs', pairs)
    await page.getByRole('button', { name: 'Train', exact: true }).waitFor()
    expect(await page.locator('#reflow').isDisabled()).toBe(true)
    await page.close()
  }, 40_000)

  it('keeps its state in its address', async () => {
    const page = await playground.open(
      '#data=checkerboard&solver=heun&nfe=4&timesteps=uShaped&loss=pseudoHuber',
    )
    expect(await page.getByLabel('Checkerboard').isChecked()).toBe(true)
    expect(await page.getByLabel('Solver').inputValue()).toBe('heun')
    expect(await page.getByLabel('Network calls', { exact: true }).inputValue()).toBe('4')
    await expect.poll(() => page.textContent('#paths-nfe')).toBe('4 network calls')
    await page.getByLabel('Solver').selectOption('rk4')
    await page.getByRole('radio', { name: 'Draw your own' }).check()
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

  it('names every control, and has enough contrast in both themes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await playground.open('#data=drawn', { colorScheme })
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('button, input, select, a, canvas, [role], [tabindex]')]
          .filter(one => one.getAttribute('aria-hidden') !== 'true' && !one.closest('[hidden]'))
          .filter(one => {
            const labels = [...((one as HTMLInputElement).labels ?? [])]
            const ids = one.getAttribute('aria-labelledby')?.split(' ') ?? []
            const named = [one, ...labels, ...ids.map(id => document.getElementById(id))]
            return !one.getAttribute('aria-label') && !named.some(source => source?.textContent?.trim())
          })
          .map(one => one.outerHTML),
      )
      expect(unnamed).toEqual([])
      expect(await page.evaluate(lowContrasts)).toEqual([])
      await page.close()
    }
  }, 40_000)

  it('loads little, is usable at once, and prints no errors', async () => {
    const before = playground.bytes()
    const begin = performance.now()
    const page = await playground.open()
    expect(performance.now() - begin).toBeLessThan(3000)
    expect(await page.textContent('#backend')).toBe('wasm') // Chromium's software adapter is passed over
    expect(playground.bytes() - before).toBeLessThan(1e6)
    await page.close()
    expect(playground.complaints).toEqual([])
  }, 40_000)
})

/** Pairs of text and background colours of the page with less contrast than WCAG's 4.5. Runs in the page. */
function lowContrasts(): string[] {
  const style = getComputedStyle(document.documentElement)
  const luminance = (name: string) => {
    const hex = style.getPropertyValue(`--${name}`).trim().slice(1)
    const [r, g, b] = [0, 2, 4]
      .map(at => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as [
      number,
      number,
      number,
    ]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  return ['ink', 'soft', 'noise', 'data', 'focus'].flatMap(text =>
    ['paper', 'card'].flatMap(ground => {
      const [low, high] = [luminance(text), luminance(ground)].sort((a, b) => a - b) as [number, number]
      const contrast = (high + 0.05) / (low + 0.05)
      return contrast < 4.5 ? [`${text} on ${ground}: ${contrast.toFixed(2)}`] : []
    }),
  )
}
