import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

export const repeatBlocks: WasmKernel<'RepeatBlocks'> = ({ inputs: { x }, attrs: { gain }, backend }) => {
  const [b, h, w, c] = x.shape
  const y = backend.makeOutput([b, 2 * h, 2 * w, c], 'float32')
  const work = { units: b * h, operations: 4 * x.size }
  runUnits(backend, 'repeatBlocks', work, [addressOf(backend, x), addressOf(backend, y), w, c, gain])
  return { y }
}
