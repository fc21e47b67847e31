import { checkNumber, constant, type Premetric } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export interface AdaptiveWeightOptions {
  /** 0 leaves the premetric as it is, 1/2 makes a squared one grow like a norm, 1 gives every sample the same pull. */
  power?: number
  /** Added to the value before the power; should be small against the values that matter. */
  epsilon?: number
}

/**
 * A premetric weighted, sample by sample, by a power of its own value, through which no gradient goes:
 *
 *   w d,   w = stop((d + epsilon)^-power)
 *
 * Large errors count less, as with pseudo-Huber, but for any premetric. Applied to a mean over D numbers instead of their
 * sum, epsilon means D times as much.
 *
 * @see Geng et al., Mean Flows for One-step Generative Modeling, arXiv 2505.13447, section 4.3: power 1, epsilon 1e-3
 */
export function adaptiveWeight(
  premetric: Premetric,
  { power = 1, epsilon = 1e-3 }: AdaptiveWeightOptions = {},
): Premetric {
  checkNumber('losses-lpips-huber.adaptiveWeight', 'power', power, 0)
  checkNumber('losses-lpips-huber.adaptiveWeight', 'epsilon', epsilon, Number.MIN_VALUE)
  return (prediction, target, context) =>
    tf.tidy(() => {
      const value = premetric(prediction, target, context)
      const weight = constant(() => tf.pow(tf.add(value, epsilon), -power))
      return tf.mul(value, weight)
    })
}
