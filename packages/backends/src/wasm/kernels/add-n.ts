import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'

/**
 * Adds one tensor after the other, in the order of tfjs's own kernel. That kernel's function gets the list of its inputs as bytes,
 * which differ in each run, so a function that calls it can't be compiled.
 */
export const addN: WasmReplacement<'AddN'> =
  () =>
  ({ inputs, backend }) => {
    const run = (name: string, inputs: tf.NamedTensorInfoMap) =>
      tf.getKernel(name, 'wasm')!.kernelFunc({ inputs, backend }) as tf.TensorInfo
    const [x, ...others] = inputs
    let sum = run('Identity', { x: x! })
    for (const b of others) {
      const a = sum
      sum = run('Add', { a, b })
      backend.disposeData(a.dataId)
    }
    return sum
  }
