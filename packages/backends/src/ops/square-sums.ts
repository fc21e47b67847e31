import { checkKind } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

/**
 * The sum of squares of each tensor, for example for the norm of the gradients. One kernel can compute all sums, and one
 * read returns them.
 *
 * @param tensors  n tensors [...], float32
 * @returns        [n]
 */
export function squareSums(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  checkKind('backends.squareSums', 'tensors', tensors, 'a list of tensors', ['length'])
  return tf.tidy(() => {
    if (tensors.length === 0) return tf.tensor1d([], 'float32')
    if (hasKernel('SquareSums')) return runKernel('SquareSums', tensors, {}).sums
    return tf.concat(tensors.map(tensor => tf.reshape(tf.sum(tf.square(tensor)), [1])))
  })
}
