import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { SongUNet, saveUNet } from '@rectified-flow/unet'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { playground } from '../open-playground.js'
import { changed, dragged, pixels, says } from './pictures.js'

/** Tests of the digits. */
export function digits(): void {
  let page: Page
  beforeAll(async () => {
    page = await playground.open('#label=999')
  })
  afterAll(() => page?.close())

  it('loads nothing of the digits before they are near, then draws three pictures of one noise', async () => {
    expect(await page.textContent('#digits-model')).toBe('The networks load when you scroll here.')
    expect(playground.bytes(page)).toBeLessThan(1e6)
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
    expect(await dragged(page, '#latent', '#digit-rate')).toBeGreaterThan(2)
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
}
