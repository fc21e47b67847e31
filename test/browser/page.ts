import { useBackend } from '@rectified-flow/backends'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { cases } from '../conformance/cases.js'
import { results, worstError } from '../conformance/compare.js'
import type { Row } from '../conformance/record.js'

type Backend = 'webgpu-software' | 'webgpu' | 'wasm'

/** Compare every conformance case on a backend of this browser with tfjs's plain JavaScript backend. */
async function conformance(backend: Backend): Promise<Row[]> {
  setWasmPaths('/wasm/')
  await useBackend('cpu')
  const expected: Float32Array[][] = []
  for (const one of cases) expected.push(await results(one))
  await useBackend(backend)
  const rows: Row[] = []
  for (const [i, one] of cases.entries()) {
    const error = worstError(await results(one), expected[i]!)
    rows.push({ group: one.group, name: one.name, error, tolerance: one.tolerance })
  }
  return rows
}

Object.assign(globalThis, { conformance })
