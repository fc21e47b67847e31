import type { WasmKernel } from '../backend.js'
import { addressOf, simdOf } from '../simd.js'

export const repeatBlocks: WasmKernel<'RepeatBlocks'> = ({ inputs: { x }, attrs: { gain }, backend }) => {
  const [b, h, w, c] = x.shape
  const y = backend.makeOutput([b, 2 * h, 2 * w, c], 'float32')
  simdOf(backend).repeatBlocks(addressOf(backend, x), addressOf(backend, y), b * h, w, c, gain)
  return { y }
}
