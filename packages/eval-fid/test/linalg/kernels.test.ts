import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { compileKernels } from '../../assembly/compile.mjs'

it('is what the sources of assembly/ compile to', async () => {
  const url = new URL('../../src/linalg/wasm.generated.ts', import.meta.url)
  expect(await readFile(url, 'utf8')).toBe(await compileKernels())
})
