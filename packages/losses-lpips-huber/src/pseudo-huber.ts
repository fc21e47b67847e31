import { checkOptions, describe, optionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { dimension, squaredNorm } from './internal/squared-norm.js'
import type { PremetricChoice } from './premetric-choice.js'

export interface PseudoHuberOptions {
  /** The size of an error at which the loss turns from quadratic to linear; 'paper' is 0.00054 D. */
  c?: number | 'paper'
  /** Divide the result by D. */
  divideByDimension?: boolean
}

/**
 * Pseudo-Huber loss per sample: quadratic for small errors, linear for large ones.
 *
 *   (sqrt(||prediction - target||^2 + c^2) - c) / D
 *
 * c = 0.00054 D (not sqrt(D)) is from the paper. The division by D is only in the released code; it fixes the weight of this
 * loss relative to LPIPS.
 *
 * @returns  a premetric: prediction [B,...], target [B,...] -> [B]
 * @see Lee, Lin, Fanti, arXiv 2405.20320; Song and Dhariwal, arXiv 2310.14189, whose c = 0.00054 sqrt(D)
 */
export function pseudoHuber(
  options: PseudoHuberOptions = {},
): (prediction: tf.Tensor, target: tf.Tensor) => tf.Tensor1D {
  const where = 'losses-lpips-huber.pseudoHuber'
  checkOptions(where, options, optionNames(pseudoHuberChoice))
  const { c = 'paper', divideByDimension = true } = options
  if (c !== 'paper' && !(Number.isFinite(c) && c > 0))
    throw new RangeError(`${where}: c must be a number > 0 or 'paper', got ${describe(c)}.`)
  return (prediction, target) =>
    tf.tidy(() => {
      const squared = squaredNorm(where, prediction, target)
      const d = dimension(prediction)
      const knee = c === 'paper' ? 0.00054 * d : c
      // s / (sqrt(s + c^2) + c) is sqrt(s + c^2) - c without the cancellation near s = 0.
      const huber: tf.Tensor1D = tf.div(squared, tf.add(tf.sqrt(tf.add(squared, knee ** 2)), knee))
      return divideByDimension ? tf.div(huber, d) : huber
    })
}

export const pseudoHuberOptions: PremetricChoice<PseudoHuberOptions>['options'] = {
  c: {
    type: 'number',
    words: ['paper'],
    default: 'paper',
    help: "the error at which the loss turns from quadratic to linear; 'paper' is 0.00054 D",
  },
  divideByDimension: { type: 'boolean', default: true, help: 'divide the result by D' },
}

export const pseudoHuberChoice: PremetricChoice<PseudoHuberOptions> = {
  help: 'pseudo-Huber: quadratic for small errors, linear for large ones',
  options: pseudoHuberOptions,
  make: pseudoHuber,
}
