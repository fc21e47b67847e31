import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { playground } from '../open-playground.js'

/** Tests of accessibility and of the time until the page is ready. */
export function access(): void {
  it('has no violation that axe finds, in both themes and in forced colours, and fits the narrowest phone', async () => {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
    const light = { colorScheme: 'light' } as const
    const dark = { colorScheme: 'dark' } as const
    for (const colours of [light, dark, { ...light, forcedColors: 'active' }] as const) {
      const page = await playground.open('#data=drawn', {
        ...colours,
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
  }, 120_000)

  it('loads little, and uses no software adapter', async () => {
    const page = await playground.open()
    expect(await page.textContent('#backend')).toBe('wasm') // Chromium's software adapter is passed over
    expect(playground.bytes(page)).toBeLessThan(1e6)
    await page.close()
  }, 40_000)
}
