import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits, threadsOf, withScratch } from '../simd.js'

/** Queries of a unit of work, as in assembly/attention.ts. */
const QUERIES = 32

const padded = (n: number) => 8 * Math.ceil(n / 8)

/** Attention that has the scores of 32 queries in memory at a time. */
export const attention: WasmKernel<'Attention'> = ({ inputs: { qkv }, attrs: { heads }, backend }) => {
  const [b, n, all] = qkv.shape
  const d = all / 3 / heads
  const y = backend.makeOutput([b, n, all / 3], 'float32')
  const logSums = backend.makeOutput([b, heads, n], 'float32')
  const floats = 2 * padded(n) * padded(d) + QUERIES * (padded(n) + 2 * padded(d) + 1)
  withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
    const work = { units: b * heads * Math.ceil(n / QUERIES), operations: 2 * b * heads * n * n * d }
    const places = [qkv, y, logSums].map(tensor => addressOf(backend, tensor))
    runUnits(backend, 'attention', work, [...places, scratch, step, n, heads, d, 1 / Math.sqrt(d)])
  })
  return { y, logSums }
}

export const attentionGradient: WasmKernel<'AttentionGradient'> = ({ inputs, attrs: { heads }, backend }) => {
  const { qkv, y, logSums, dy } = inputs
  const [b, n, all] = qkv.shape
  const d = all / 3 / heads
  const slope = backend.makeOutput(qkv.shape, 'float32')
  const floats = 5 * padded(n) * padded(d) + QUERIES * (3 * padded(d) + 2 * padded(n))
  withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
    const work = { units: b * heads, operations: 5 * b * heads * n * n * d }
    const places = [qkv, y, logSums, dy, slope].map(tensor => addressOf(backend, tensor))
    runUnits(backend, 'attentionGradient', work, [...places, scratch, step, n, heads, d, 1 / Math.sqrt(d)])
  })
  return { qkv: slope }
}
