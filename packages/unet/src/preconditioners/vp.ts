import { checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { noisePredictor } from './noise-predictor.js'
import type { Preconditioner } from './preconditioner.js'

export interface VpOptions {
  /** β_d, the extent of the noise schedule, and β_min, its rate at time 0. */
  betaData?: number
  betaMin?: number
  /** Noise labels run from 0 to steps - 1. */
  steps?: number
}

const vpNames: OptionNames<VpOptions> = {
  betaData: 'optional',
  betaMin: 'optional',
  steps: 'optional',
}

/**
 * The variance preserving network of Song et al. (Karras et al., arXiv 2206.00364, table 1).
 *
 *   D(x, σ) = x - σ F(x/sqrt(σ²+1), (M-1) τ),  v(x_t, t) = (F(x_t/sqrt((1-t)²+t²), (M-1) τ) - x_t) / (1-t)
 *   τ = (sqrt(β_min² + 2 β_d ln(1+σ²)) - β_min) / β_d, M = steps
 */
export function vp(options: VpOptions = {}): Preconditioner {
  checkOptions('unet.vp', options, vpNames)
  const { betaData = 19.9, betaMin = 0.1, steps = 1000 } = options
  checkNumber('unet.vp', 'betaData', betaData, Number.MIN_VALUE)
  checkNumber('unet.vp', 'betaMin', betaMin, 0)
  checkNumber('unet.vp', 'steps', steps, 1)
  return noisePredictor('vp', { sign: 1, scaled: true }, sigma => {
    const log: tf.Tensor1D = tf.log1p(tf.square(sigma))
    // τ multiplied by (root + β_min) / (root + β_min), because root - β_min cancels digits where there is little noise.
    const root = tf.sqrt(tf.add(tf.mul(log, 2 * betaData), betaMin ** 2))
    return tf.mul(tf.div(log, tf.add(root, betaMin)), 2 * (steps - 1))
  })
}
