import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits, threadsOf, withScratch } from '../simd.js'

// As in assembly/attention.ts.
const ROWS = 32

/** Attention without the N x N scores in memory: as many queries as a core's cache has room for, then the next ones. */
export const attention: WasmKernel<'Attention'> = ({ inputs: { qkv }, attrs: { heads }, backend }) => {
  const [b, n, c3] = qkv.shape
  const c = c3 / 3
  const d = c / heads
  const y = backend.makeOutput([b, n, c], 'float32')
  const logSums = backend.makeOutput([b, heads, n], 'float32')
  const [from, to, sums] = [qkv, y, logSums].map(tensor => addressOf(backend, tensor)) as [
    number,
    number,
    number,
  ]
  const keyFloats = b * heads * 8 * Math.ceil(n / 8) * d
  const valueFloats = b * heads * 8 * Math.ceil(d / 8) * n
  const floats = 120 + ROWS * (4 * Math.ceil(d / 4) + 8 * Math.ceil(n / 8))
  withScratch(backend, keyFloats + valueFloats, 1, keys => {
    const values = keys + 4 * keyFloats
    const packing = { units: b * heads, operations: 16 * b * n * c }
    runUnits(backend, 'packHeads', packing, [from, keys, values, n, c, heads])
    withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
      const work = { units: b * heads * Math.ceil(n / ROWS), operations: 2 * b * n * n * c }
      const numbers = [from, keys, values, to, sums, scratch, step, n, c, heads, 1 / Math.sqrt(d)]
      runUnits(backend, 'attention', work, numbers)
    })
  })
  return { y, logSums }
}
