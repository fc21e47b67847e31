import * as tf from '@tensorflow/tfjs-core'
import { dimension, squaredNorm } from './internal/squared-norm.js'
import type { PremetricChoice } from './premetric-choice.js'

/**
 * Mean squared error per sample, ||prediction - target||^2 / D: the loss of plain rectified flow. It is a mean, not a sum, as
 * in the reference numbers.
 *
 * @param prediction  [B,...]
 * @param target      [B,...]
 * @returns           [B]
 */
export function squaredL2(prediction: tf.Tensor, target: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const squared = squaredNorm('losses-lpips-huber.squaredL2', prediction, target)
    return tf.div(squared, dimension(prediction))
  })
}

export const squaredL2Choice: PremetricChoice = {
  help: 'mean squared error: plain rectified flow',
  options: {},
  make: () => squaredL2,
}
