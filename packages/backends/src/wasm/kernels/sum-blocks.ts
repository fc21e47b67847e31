import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

export const sumBlocks: WasmKernel<'SumBlocks'> = ({ inputs: { x }, attrs: { gain }, backend }) => {
  const [b, h, w, c] = x.shape
  const y = backend.makeOutput([b, h / 2, w / 2, c], 'float32')
  const work = { units: (b * h) / 2, operations: 8 * x.size }
  runUnits(backend, 'sumBlocks', work, [addressOf(backend, x), addressOf(backend, y), w / 2, c, gain])
  return { y }
}
