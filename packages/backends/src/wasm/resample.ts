import type { BlocksAttrs, BlocksInputs } from '../ops/kernel-inputs.js'
import { addKernel } from './backend.js'
import { addressOf, simdOf } from './simd.js'

/** Sums over 2x2 blocks and their transpose, pixels repeated 2x2 times. */
export function registerResample(): void {
  addKernel<BlocksInputs, BlocksAttrs>('RfSumBlocks', ({ inputs: { x }, attrs: { gain }, backend }) => {
    const [b, h, w, c] = x.shape
    const y = backend.makeOutput([b, h / 2, w / 2, c], 'float32')
    simdOf(backend).sumBlocks(addressOf(backend, x), addressOf(backend, y), (b * h) / 2, w / 2, c, gain)
    return y
  })
  addKernel<BlocksInputs, BlocksAttrs>('RfRepeatBlocks', ({ inputs: { x }, attrs: { gain }, backend }) => {
    const [b, h, w, c] = x.shape
    const y = backend.makeOutput([b, 2 * h, 2 * w, c], 'float32')
    simdOf(backend).repeatBlocks(addressOf(backend, x), addressOf(backend, y), b * h, w, c, gain)
    return y
  })
}
