import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { compileKernels } from '../../assembly/compile.mjs'

it('equals the compiled sources of assembly/', async () => {
  for (const [name, text] of Object.entries(await compileKernels())) {
    const url = new URL(`../../src/wasm/${name}`, import.meta.url)
    expect(await readFile(url, 'utf8'), name).toBe(text)
  }
})
