import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { compileKernels } from '../../assembly/compile.mjs'

it('equals the compiled sources of assembly/', async () => {
  const url = new URL('../../src/wasm/simd.generated.ts', import.meta.url)
  expect(await readFile(url, 'utf8')).toBe(await compileKernels())
})
