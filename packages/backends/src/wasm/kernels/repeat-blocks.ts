import type * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend, WasmKernel } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/** Each pixel of x, times gain, as a block of 2x2 pixels. */
export function runRepeatBlocks(backend: WasmBackend, x: tf.Tensor4D, gain: number): tf.TensorInfo {
  const [b, h, w, c] = x.shape
  const y = backend.makeOutput([b, 2 * h, 2 * w, c], 'float32')
  const work = { units: b * h, operations: 16 * x.size }
  runUnits(backend, 'repeatBlocks', work, [addressOf(backend, x), addressOf(backend, y), w, c, gain])
  return y
}

export const repeatBlocks: WasmKernel<'RepeatBlocks'> = ({ inputs: { x }, attrs: { gain }, backend }) => ({
  y: runRepeatBlocks(backend, x, gain),
})
