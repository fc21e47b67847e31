import { expect, it } from 'vitest'
import { playground } from '../open-playground.js'
import { changed, pixels } from './pictures.js'

/** Tests of what trains in the plane. */
export function laboratory(): void {
  it('trains, straightens, measures, and never blocks the page', async () => {
    const page = await playground.open('', { reducedMotion: 'no-preference' })
    const paths = await pixels(page, '#paths')
    await page.locator('#train').scrollIntoViewIfNeeded()
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
    await page.locator('#train').dblclick() // the second click doesn't stop it
    await page.locator('#loss-now:not(:text("–"))').waitFor()
    const early = Number(await page.textContent('#loss-now'))
    await changed(page, '#paths', paths) // also while it trains
    await page.locator('#reflow:enabled').waitFor({ timeout: 60_000 })
    expect(Number(await page.textContent('#loss-now'))).toBeLessThan(0.95 * early)
    expect(await page.textContent('#film-now')).toBe('1-RF, step 1200')

    await page.getByRole('button', { name: 'Reflow', exact: true }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('train') // not the body
    await page.locator('#rounds tr').nth(1).waitFor()
    await page.locator('#reflow:enabled').waitFor({ timeout: 60_000 })
    const gaps = await page.evaluate(() => (globalThis as unknown as { gaps: { longest: number } }).gaps)
    expect(gaps.longest).toBeLessThan(1000)
    await page.locator('#verdict:not(:empty)').waitFor({ timeout: 30_000 })
    const verdict = await page.textContent('#verdict')
    const [once, before, bend, bendBefore] = [...verdict!.matchAll(/\d\.\d+/g)].map(Number) as [
      number,
      number,
      number,
      number,
    ]
    expect(verdict).toMatch(/^The 2-RF gains on the 1-RF\./)
    expect(once).toBeLessThan(before / 4)
    expect(bend).toBeLessThan(bendBefore / 20)
    await expect.poll(() => page.locator('#errors polyline').count()).toBe(2)
    await expect
      .poll(() => page.locator('#numbers td').allTextContents(), { timeout: 30_000 })
      .not.toContain('–')

    // The training again, at any moment of it.
    const straight = await pixels(page, '#paths')
    await page.locator('#film').fill('0.25')
    expect(await page.textContent('#film-now')).toMatch(/^1-RF, step \d+$/)
    await changed(page, '#paths', straight)
    await page.getByRole('button', { name: 'Replay' }).click()
    await expect.poll(() => page.textContent('#film-now'), { timeout: 10_000 }).toBe('2-RF, step 800')

    // A reload keeps the flows, and so does a link.
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByRole('button', { name: 'Copy a link with the trained flow' }).click()
    await expect.poll(() => page.textContent('#status')).toBe('The link with the trained flow is copied.')
    const link = await page.evaluate(() => navigator.clipboard.readText())
    await page.reload()
    await page.locator('#rounds tr').nth(1).waitFor()
    await page.close()
    const other = await playground.open(new URL(link).hash)
    await other.locator('#rounds tr').nth(1).waitFor()
    await expect.poll(() => other.locator('#errors polyline').count(), { timeout: 30_000 }).toBe(2)
    await other.close()
  }, 150_000)

  it('stops a training, and starts over with other data, with a way back', async () => {
    const page = await playground.open()
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.locator('#loss-now:not(:text("–"))').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Train on' }).waitFor({ timeout: 5_000 })
    await expect.poll(() => page.locator('[data-key=bend]').textContent(), { timeout: 10_000 }).not.toBe('–')

    // Stop is heard while the flow makes its pairs, too.
    await page.getByRole('button', { name: 'Reflow', exact: true }).click()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Train on' }).waitFor({ timeout: 5_000 })
    expect(await page.locator('#rounds tr').count()).toBe(1)

    const pairs = await pixels(page, '#pairs')
    await page.getByRole('radio', { name: 'Spiral' }).check()
    await changed(page, '#pairs', pairs)
    await page.getByRole('button', { name: 'Train', exact: true }).waitFor()
    expect(await page.locator('#reflow').isDisabled()).toBe(true)
    expect(await page.locator('[data-key=bend]').textContent()).toBe('–')
    expect(await page.textContent('#loss-now')).toBe('–')
    await page.getByRole('button', { name: 'Back to the trained flow' }).click()
    await page.getByRole('button', { name: 'Train on' }).waitFor()
    expect(await page.getByLabel('Moons').isChecked()).toBe(true)
    await page.close()
  }, 60_000)

  it('races flows that differ in one thing', async () => {
    const page = await playground.open()
    await page.getByRole('button', { name: 'Start the race' }).click()
    await page.locator('#race-step:has-text("step 25 ")').waitFor({ timeout: 30_000 })
    for (const lane of [0, 1, 2, 3])
      expect(await page.textContent(`#lane-error-${lane}`)).toMatch(/^\d\.\d{3}$/)
    expect(await page.locator('.lane-times polyline').count()).toBe(4)
    expect(await page.locator('.lanes output.best').count()).toBe(1)
    await page.locator('#race-start').click()
    await page.locator('#race-start:text("Start the race")').waitFor()
    await page.close()
  }, 60_000)
}
