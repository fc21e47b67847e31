import type * as tf from '@tensorflow/tfjs-core'

/** One number, or one per sample [B]. */
export type Coefficient = tf.Tensor | number

/** What a raw network F is wrapped in: scale (skip x + out F(input x, noise)). */
export interface Coefficients {
  scale: Coefficient
  skip: Coefficient
  out: Coefficient
  input: Coefficient
  /** The noise label [B]. */
  noise: tf.Tensor1D
}

/**
 * How a raw network is made a denoiser, D(x, σ) = scale (skip x + out F(input x, noise)), and, with the algebra of
 * v = (x_t - D(x_t/(1-t), t/(1-t)))/t done, a velocity of the same form.
 */
export interface Preconditioner {
  name: string
  /** Of the denoiser, from sigma [B]. */
  atSigma(sigma: tf.Tensor1D): Coefficients
  /** Of the velocity, from t [B]. */
  atTime(t: tf.Tensor1D): Coefficients
}

/** Times are held this far from 0 and 1 where a number is infinite there; training never leaves the range. */
export const EDGE = 1e-5
