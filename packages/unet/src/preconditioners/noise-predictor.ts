import * as tf from '@tensorflow/tfjs-core'
import { type Coefficients, EDGE, type Preconditioner } from './preconditioner.js'

/**
 * The preconditioner of a network that predicts the noise z (sign 1) or -z (sign -1), from x scaled to variance 1 (if the
 * data have variance 1) or from x unscaled.
 *
 *   D(x, σ) = x - sign σ F(c_in x, c_noise(σ)),  v(x_t, t) = (sign F(c_in x_t/(1-t), c_noise) - x_t) / (1-t)
 *
 * @param noise  c_noise: maps sigma to the noise label, both [B]
 */
export function noisePredictor(
  name: string,
  { sign, scaled }: { sign: 1 | -1; scaled: boolean },
  noise: (sigma: tf.Tensor1D) => tf.Tensor1D,
): Preconditioner {
  return {
    name,
    atSigma: (sigma): Coefficients => ({
      scale: 1,
      skip: 1,
      out: tf.mul(sigma, -sign),
      input: scaled ? tf.rsqrt(tf.add(tf.square(sigma), 1)) : 1,
      noise: noise(sigma),
    }),
    atTime(t): Coefficients {
      const rest: tf.Tensor1D = tf.maximum(tf.sub(1, t), EDGE)
      return {
        scale: tf.reciprocal(rest),
        skip: -1,
        out: sign,
        input: scaled ? tf.rsqrt(tf.add(tf.square(rest), tf.square(t))) : tf.reciprocal(rest),
        noise: noise(tf.div(tf.maximum(t, EDGE), rest)),
      }
    },
  }
}
