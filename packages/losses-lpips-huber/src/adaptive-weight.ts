import {
  checkFunction,
  checkNumber,
  checkOptions,
  checkTensor,
  constant,
  type OptionNames,
  type Premetric,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export interface AdaptiveWeightOptions {
  /** 0: the premetric is unchanged. 1/2: a squared premetric grows like a norm. 1: all samples count equally. */
  power?: number
  /** Added to the value before the power; it should be small compared with typical values. */
  epsilon?: number
}

const adaptiveWeightNames: OptionNames<AdaptiveWeightOptions> = {
  power: 'optional',
  epsilon: 'optional',
}

/**
 * A premetric weighted, sample by sample, by a power of its own value. No gradient goes through the weight:
 *
 *   w d,   w = stop((d + epsilon)^-power)
 *
 * Large errors count less, as with pseudo-Huber, but this works for any premetric. For a mean over D numbers, epsilon has
 * the effect of D · epsilon for their sum.
 *
 * @see Geng et al., Mean Flows for One-step Generative Modeling, arXiv 2505.13447, section 4.3: power 1, epsilon 1e-3
 */
export function adaptiveWeight(premetric: Premetric, options: AdaptiveWeightOptions = {}): Premetric {
  checkOptions('losses-lpips-huber.adaptiveWeight', options, adaptiveWeightNames)
  const { power = 1, epsilon = 1e-3 } = options
  checkFunction('losses-lpips-huber.adaptiveWeight', 'premetric', premetric)
  checkNumber('losses-lpips-huber.adaptiveWeight', 'power', power, 0)
  checkNumber('losses-lpips-huber.adaptiveWeight', 'epsilon', epsilon, Number.MIN_VALUE)
  return (prediction, target, context) =>
    tf.tidy(() => {
      const value = premetric(prediction, target, context)
      checkTensor('losses-lpips-huber.adaptiveWeight', 'premetric(prediction, target, context)', value, ['B'])
      const weight = constant(() => tf.pow(tf.add(value, epsilon), -power))
      return tf.mul(value, weight)
    })
}
