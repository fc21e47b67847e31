import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../../../test/browser/chromium.js'
import { buildPlayground, type Playground } from './open-playground.js'

/** All pixels of a canvas, as text to compare. */
const pixels = (page: Page, selector: string) =>
  page.locator(selector).evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL())
/** What `pixels` gives for a canvas that nothing has been drawn on. */
const blank = /^data:image\/png;base64,.{0,900}$/
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

  it('says what is blocked, and computes without it', async () => {
    for (const [files, notice] of [
      ['**/*.wasm', /^WebAssembly can't be used .*, so plain JavaScript computes/],
      ['**/worker-*.js', /^The worker can't start .*, so everything is computed in the page itself/],
    ] as const) {
      const page = await playground.open('', { block: files })
      expect(await page.textContent('#notice')).toMatch(notice)
      await expect.poll(() => pixels(page, '#left'), { timeout: 20_000 }).not.toMatch(blank)
      await page.close()
    }
    playground.complaints.length = 0 // the browser says that it could not load these files
  }, 60_000)

  it('shows the two flows alone in a frame, and works without a network', async () => {
    const page = await playground.open('', { search: '?embed' })
    expect(await page.locator('#lab').isVisible()).toBe(false)
    expect(await page.getByRole('link', { name: 'Open the playground' }).isVisible()).toBe(true)
    await page.close()

    const again = await playground.open()
    await again.evaluate(() => navigator.serviceWorker.ready.then(() => true))
    const kept = () =>
      again.evaluate(async () =>
        (await (await caches.open('playground')).keys()).map(({ url }) => url).join(),
      )
    await expect.poll(kept).toMatch(/\.wasm/)
    await expect.poll(kept).toMatch(/worker-/)
    await again.context().setOffline(true)
    await again.reload()
    await again.locator('#train:enabled').waitFor()
    expect(await again.textContent('#backend')).toBe('wasm')
    await again.close()
  }, 120_000)

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

  it('has no violation that axe finds, in both themes, and fits the narrowest phone', async () => {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await playground.open('#data=drawn', {
        colorScheme,
        viewport: { width: 320, height: 640 },
      })
      await page.getByRole('button', { name: 'Pairs cross' }).click()
      await page.addScriptTag({ path: axe })
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
        }
        return (await axe.run()).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`,
        )
      })
      expect(found).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
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
