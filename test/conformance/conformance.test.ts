import { useBackend } from '@rectified-flow/core/node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cases } from './cases.js'
import { results, worstError } from './compare.js'

// The backend under test is BACKEND; where that is not set, wasm. The reference is tfjs's plain JavaScript.
const backend = (process.env.BACKEND ?? 'wasm') as 'wasm'
const expected: Float32Array[][] = []

beforeAll(async () => {
  await useBackend('cpu')
  for (const one of cases) expected.push(await results(one))
  await useBackend(backend)
}, 120_000)
afterAll(async () => {
  await useBackend(backend)
})

it.each(cases.map((one, i) => ({ ...one, i })))('$group: $name', async one => {
  expect(worstError(await results(one), expected[one.i] as Float32Array[])).toBeLessThanOrEqual(one.tolerance)
})
