import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { SongUNet, saveUNet } from '@rectified-flow/unet'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../../../test/browser/chromium.js'
import { buildPlayground, type Playground } from './open-playground.js'

/** All pixels of a canvas, as text to compare. */
const pixels = (page: Page, selector: string) =>
  page.locator(selector).evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL())
/** Wait until a canvas shows another picture. */
const changed = async (page: Page, selector: string, before: string) =>
  expect.poll(() => pixels(page, selector), { timeout: 20_000 }).not.toBe(before)
const says = (page: Page, selector: string, text: RegExp) =>
  expect.poll(() => page.textContent(selector), { timeout: 30_000 }).toMatch(text)

/** Drag across an element for so long, and give the pictures a second that the page counted. */
async function dragged(page: Page, selector: string, rate: string): Promise<number> {
  await page.locator(selector).scrollIntoViewIfNeeded()
  const box = (await page.locator(selector).boundingBox())!
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  const begin = performance.now()
  for (let i = 0; performance.now() - begin < 3000; i++)
    await page.mouse.move(x + (box.width / 3) * Math.sin(i / 25), y + (box.height / 3) * Math.cos(i / 40))
  await page.mouse.up()
  return Number.parseInt((await page.textContent(rate)) || '0', 10)
}

// A machine without a browser can't show anything here; CI installs one.
describe.runIf(chromiumPath)('pictures in one step, in Chromium', () => {
  let playground: Playground
  let page: Page

  beforeAll(async () => {
    playground = await buildPlayground()
    page = await playground.open('#label=999')
  }, 120_000)
  afterAll(() => playground?.close())

  it('loads nothing of the digits before they are near, then draws three pictures of one noise', async () => {
    expect(await page.textContent('#digits-model')).toBe('The networks load when you scroll here.')
    expect(playground.bytes()).toBeLessThan(1e6)
    await page.locator('#digits').scrollIntoViewIfNeeded()
    await says(page, '#digits-model', /^Three networks, each of 180,193 weights, 14×14 pixels\.$/)
    await says(page, '#taught-ms', /ms$/)
    await says(page, '#improved-ms', /ms$/)
    expect(await page.locator('#label-field').isVisible()).toBe(false)
    await says(page, '#straighten-estimate', /^On this machine \(wasm\) this takes about [\w ]+, while/)
  }, 60_000)

  it('follows the keys, the pointer and the number of calls', async () => {
    const [plain, taught] = [await pixels(page, '#plain'), await pixels(page, '#taught')]
    await page.locator('#latent').focus()
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('ArrowDown')
    expect(await page.locator('#latent').getAttribute('aria-valuetext')).toBe('across 60 %, down 52 %')
    await changed(page, '#plain', plain)
    await changed(page, '#taught', taught)
    const many = await pixels(page, '#taught')
    await page.getByLabel('Network calls of the teacher').fill('1')
    await says(page, '#taught-calls', /^1 call$/)
    await changed(page, '#taught', many)

    // 30 on an idle machine; here the tests of others may run beside this one.
    expect(await dragged(page, '#latent', '#digit-rate')).toBeGreaterThan(5)
  }, 60_000)

  it('walks through the map when told, and stops when told', async () => {
    await page.getByRole('button', { name: 'Walk' }).click()
    const place = await page.locator('#latent').getAttribute('aria-valuetext')
    await expect.poll(() => page.locator('#latent').getAttribute('aria-valuetext')).not.toBe(place)
    await page.locator('#walk', { hasText: 'Pause' }).click()
    await page.locator('#walk', { hasText: 'Walk' }).waitFor()
    const map = await pixels(page, '#map')
    await page.getByRole('button', { name: 'New map' }).click()
    await changed(page, '#map', map)
  }, 40_000)

  it('finds the noise of a drawing, wherever it is drawn, and says how Gaussian it is', async () => {
    await page.locator('#digit').scrollIntoViewIfNeeded()
    const box = (await page.locator('#digit').boundingBox())!
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.width] as const
    await page.mouse.move(...at(0.15, 0.1))
    await page.mouse.down()
    await page.mouse.move(...at(0.15, 0.5), { steps: 4 })
    await page.mouse.up()
    await says(
      page,
      '#status',
      /^Your drawing's noise is found, with 16 network calls: mean .*, deviation [\d.]+\./,
    )
    await says(page, '#moments', /^mean −?0\.\d\d, deviation 0\.\d\d$/)
    const likeness = await page.evaluate(() => {
      const alpha = (selector: string) => {
        const canvas = document.querySelector<HTMLCanvasElement>(selector)!
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, 14, 14)
        return Array.from({ length: 14 * 14 }, (_, i) => data[4 * i + 3]! / 255)
      }
      const [drawn, again] = [alpha('#prepared'), alpha('#again')]
      const column = (i: number) => drawn.reduce((sum, level, k) => sum + (k % 14 === i ? level : 0), 0)
      return {
        apart: drawn.reduce((sum, value, i) => sum + Math.abs(value - again[i]!), 0) / drawn.length,
        middle: column(6) + column(7),
        left: column(1) + column(2),
      }
    })
    expect(likeness.apart).toBeLessThan(0.05)
    expect(likeness.middle).toBeGreaterThan(8) // the stroke stands in the middle
    expect(likeness.left).toBe(0)
    await page.locator('#clear-digit').click()
    expect(await page.locator('#bell-panel').isVisible()).toBe(false)
  }, 60_000)

  it('takes a network of the user, refuses others in a few words, and goes back', async () => {
    const config = { imgResolution: 8, inChannels: 3, outChannels: 3, modelChannels: 4, channelMult: [1] }
    const net = new SongUNet(
      { ...config, numBlocks: 1, attnResolutions: [], labelDim: 5 },
      { rng: createRng(1) },
    )
    const buffer = Buffer.from(await saveUNet(net))
    net.dispose()
    const input = page.getByLabel('A network of your own')
    const choose = (name: string, bytes: Buffer) =>
      input.setInputFiles({ name, mimeType: 'application/octet-stream', buffer: bytes })
    await choose('mine.safetensors', buffer)
    await says(page, '#digits-model', /^mine\.safetensors: [\d,]+ weights, 8×8 pixels\.$/)
    expect(await page.getByLabel('Digit', { exact: true }).inputValue()).toBe('4')
    expect(await page.locator('#plain-panel').isVisible()).toBe(false)
    expect(await page.locator('#drawing').isVisible()).toBe(false)

    await choose('bad.safetensors', Buffer.from('bad'))
    await says(page, '#status', /^bad\.safetensors can't be used: checkpoints\.readSafetensors: .{1,300}$/)
    const huge = join(await mkdtemp(join(tmpdir(), 'weights-')), 'huge.safetensors')
    await writeFile(huge, '')
    await truncate(huge, 40e6)
    await input.setInputFiles(huge)
    await says(page, '#status', /^huge\.safetensors can't be used: .* at most 32 MB, got 40 MB\.$/)
    await rm(dirname(huge), { recursive: true })
    await page.getByRole('button', { name: 'Back to the shipped networks' }).click()
    await says(page, '#digits-model', /^Three networks/)
    expect(await page.locator('#drawing').isVisible()).toBe(true)
  }, 60_000)

  it('begins a round of Reflow with its pairs, and stops at once', async () => {
    await page.getByRole('button', { name: 'Train a student' }).click()
    await says(page, '#straighten-status', /^The teacher makes pairs: \d+ of 1024/)
    await page.getByRole('button', { name: 'Stop' }).click()
    await says(page, '#straighten-status', /^Stopped\.$/)
    await page.getByRole('button', { name: 'Train a student' }).waitFor()
  }, 60_000)

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
  }, 60_000)

  it('never loads 4 MB, and prints no errors', () => {
    const sizes = [...playground.files.values()]
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4e6)
    expect(playground.complaints).toEqual([])
  })
})
