import { checkOptions, describe } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { EDGE, type Preconditioner } from './preconditioner.js'

/**
 * EDM's preconditioning (Karras et al., arXiv 2206.00364, table 1).
 *
 *   D(x, σ) = c_skip x + c_out F(c_in x, ln(σ)/4),  v(x_t, t) = ((t - s²(1-t)) / q²) x_t - (s/q) F(x_t/q, ln(σ)/4)
 *   c_skip = s²/(σ²+s²), c_out = σ s/sqrt(σ²+s²), c_in = 1/sqrt(σ²+s²), q² = t² + s²(1-t)², s = sigmaData
 */
export function edm(options: { sigmaData?: number } = {}): Preconditioner {
  checkOptions<{ sigmaData?: number }>('unet.edm', options, { sigmaData: 'optional' })
  const { sigmaData = 0.5 } = options
  if (!(Number.isFinite(sigmaData) && sigmaData > 0))
    throw new RangeError(`unet.edm: sigmaData must be a number > 0, got ${describe(sigmaData)}.`)
  return {
    name: 'edm',
    sigmaData,
    atSigma(sigma) {
      const input = tf.rsqrt(tf.add(tf.square(sigma), sigmaData ** 2))
      return {
        scale: input,
        skip: tf.mul(input, sigmaData ** 2),
        out: tf.mul(sigma, sigmaData),
        input,
        noise: tf.mul(tf.log(sigma), 0.25),
      }
    },
    atTime(t) {
      const rest = tf.sub(1, t)
      const input = tf.rsqrt(tf.add(tf.square(t), tf.square(tf.mul(rest, sigmaData))))
      const inside = tf.clipByValue(t, EDGE, 1 - EDGE)
      return {
        scale: input,
        skip: tf.mul(tf.sub(t, tf.mul(rest, sigmaData ** 2)), input),
        out: -sigmaData,
        input,
        noise: tf.mul(tf.sub(tf.log(inside), tf.log(tf.sub(1, inside))), 0.25),
      }
    },
  }
}
