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
  const [keyFloats, valueFloats] = [8 * Math.ceil(n / 8) * d, 8 * Math.ceil(d / 8) * n]
  const floats = 104 + ROWS * (4 * Math.ceil(d / 4) + 8 * Math.ceil(n / 8))
  withScratch(backend, b * heads * keyFloats, 1, keys =>
    withScratch(backend, b * heads * valueFloats, 1, values => {
      const packing = { units: b * heads, operations: 16 * b * n * c }
      runUnits(backend, 'packHeads', packing, [addressOf(backend, qkv), keys, values, n, c, heads])
      withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
        const places = [
          addressOf(backend, qkv),
          keys,
          values,
          addressOf(backend, y),
          addressOf(backend, logSums),
        ]
        const work = { units: b * heads * Math.ceil(n / ROWS), operations: 2 * b * n * n * c }
        const all = [...places, scratch, step, n, c, heads, 1 / Math.sqrt(d)]
        runUnits(backend, 'attention', work, all)
      })
    }),
  )
  return { y, logSums }
}
