import * as tf from '@tensorflow/tfjs-core'
import { noisePredictor } from './noise-predictor.js'
import type { Preconditioner } from './preconditioner.js'

/**
 * The variance exploding network of Song et al. (Karras et al., arXiv 2206.00364, table 1).
 *
 *   D(x, σ) = x + σ F(x, ln(σ/2)),  v(x_t, t) = -(F(x_t/(1-t), ln(σ/2)) + x_t) / (1-t)
 */
export function ve(): Preconditioner {
  return noisePredictor('ve', { sign: -1, scaled: false }, sigma => tf.sub(tf.log(sigma), Math.LN2))
}
