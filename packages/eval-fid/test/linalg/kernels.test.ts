import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { compileKernels } from '../../assembly/compile.mjs'

it('wasm.generated.ts is compiled from the sources in assembly/', async () => {
  const url = new URL('../../src/linalg/wasm.generated.ts', import.meta.url)
  expect(await readFile(url, 'utf8')).toBe(await compileKernels())
})
