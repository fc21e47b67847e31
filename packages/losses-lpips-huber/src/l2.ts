import * as tf from '@tensorflow/tfjs-core'
import { dimension, squaredNorm } from './internal/squared-norm.js'
import type { PremetricChoice } from './premetric-choice.js'

/**
 * Root mean squared error per sample, ||prediction - target|| / sqrt(D). Its gradient has length 1 / sqrt(D) wherever
 * the two differ, and is 0 (the subgradient of least norm) where they are equal.
 *
 * @param prediction  [B,...]
 * @param target      [B,...]
 * @returns           [B]
 */
export function l2(prediction: tf.Tensor, target: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const squared = squaredNorm('losses-lpips-huber.l2', prediction, target)
    return root(tf.div(squared, dimension(prediction)))
  })
}

/** sqrt(x) with gradient 0 at x = 0. The gradient of tf.sqrt is infinite there, and NaN when multiplied by the inner 0. */
const root = tf.customGrad((...args) => {
  const [x, save] = args as unknown as [tf.Tensor1D, tf.GradSaveFunc]
  const value = tf.sqrt(x)
  save([value])
  return { value, gradFunc: (dy: tf.Tensor, [y]: tf.Tensor[]) => tf.divNoNan(tf.mul(dy, 0.5), y!) }
}) as (x: tf.Tensor) => tf.Tensor1D

export const l2Choice: PremetricChoice = { help: 'root mean squared error', options: {}, make: () => l2 }
