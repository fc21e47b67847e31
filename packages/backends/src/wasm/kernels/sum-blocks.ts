import type { WasmKernel } from '../backend.js'
import { addressOf, simdOf } from '../simd.js'

export const sumBlocks: WasmKernel<'SumBlocks'> = ({ inputs: { x }, attrs: { gain }, backend }) => {
  const [b, h, w, c] = x.shape
  const y = backend.makeOutput([b, h / 2, w / 2, c], 'float32')
  simdOf(backend).sumBlocks(addressOf(backend, x), addressOf(backend, y), (b * h) / 2, w / 2, c, gain)
  return { y }
}
