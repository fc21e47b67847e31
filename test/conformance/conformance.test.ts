import { useBackend } from '@rectified-flow/backends'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cases } from './cases.js'
import { results, worstError } from './compare.js'
import { type Row, record } from './record.js'

// The backend under test is BACKEND, by default wasm. The reference is tfjs's plain JavaScript backend.
const backend = (process.env.BACKEND ?? 'wasm') as 'wasm'
const expected: Float32Array[][] = []
const rows: Row[] = []

beforeAll(async () => {
  await useBackend('cpu')
  for (const one of cases) expected.push(await results(one))
  await useBackend(backend)
}, 120_000)
afterAll(() => record(backend, rows))

it.each(cases.map((one, i) => ({ ...one, i })))('$group: $name', async one => {
  const { group, name, tolerance } = one
  const error = worstError(await results(one), expected[one.i]!)
  rows.push({ group, name, error, tolerance })
  expect(error).toBeLessThanOrEqual(tolerance)
})
