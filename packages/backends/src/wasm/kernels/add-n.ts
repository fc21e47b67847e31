import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'

/**
 * One tensor after the other, as tfjs adds them. Its own kernel gets a list of tensors' numbers, which are others in each run: a
 * function with it could not be compiled.
 */
export const addN: WasmReplacement<'AddN'> =
  () =>
  ({ inputs, backend }) => {
    const add = tf.getKernel('Add', 'wasm')!.kernelFunc
    const [first, ...rest] = inputs
    let sum: tf.TensorInfo = tf.getKernel('Identity', 'wasm')!.kernelFunc({
      inputs: { x: first! },
      backend,
    }) as tf.TensorInfo
    for (const tensor of rest) {
      const before = sum
      sum = add({ inputs: { a: before, b: tensor }, backend }) as tf.TensorInfo
      backend.disposeData(before.dataId)
    }
    return sum
  }
