import { type BackendName, useBackend } from '@rectified-flow/backends'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { cases } from '../conformance/cases.js'
import { results, worstError } from '../conformance/compare.js'
import type { Row } from '../conformance/record.js'

setWasmPaths('/wasm/')

async function resultsOn(backend: BackendName): Promise<Float32Array[][]> {
  await useBackend(backend)
  const all: Float32Array[][] = []
  for (const one of cases) all.push(await results(one))
  return all
}

/** What tfjs's plain JavaScript backend computes. */
let expected: Float32Array[][] | undefined

/** Compare every conformance case on a backend of this browser with tfjs's plain JavaScript backend. */
async function conformance(backend: BackendName): Promise<Row[]> {
  expected ??= await resultsOn('cpu')
  const actual = await resultsOn(backend)
  return cases.map(({ group, name, tolerance }, i) => ({
    group,
    name,
    error: worstError(actual[i]!, expected![i]!),
    tolerance,
  }))
}

Object.assign(globalThis, { conformance })
