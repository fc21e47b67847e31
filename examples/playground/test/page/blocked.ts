import { expect, it } from 'vitest'
import { playground } from '../open-playground.js'
import { blank, pixels } from './pictures.js'

/** Tests where files are blocked. They go last: the browser complains of what it could not load. */
export function blocked(): void {
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
    expect(playground.complaints.splice(0).join()).toMatch(/Failed to fetch/)
  }, 60_000)
}
