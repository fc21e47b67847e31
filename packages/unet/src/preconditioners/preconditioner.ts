import type * as tf from '@tensorflow/tfjs-core'

/** One number, or one per sample [B]. */
export type Coefficient = tf.Tensor | number

/** The coefficients of the formula scale (skip x + out F(input x, noise)), where F is the raw network. */
export interface Coefficients {
  scale: Coefficient
  skip: Coefficient
  out: Coefficient
  input: Coefficient
  /** The noise label [B]. */
  noise: tf.Tensor1D
}

/**
 * Makes a denoiser of a raw network, D(x, σ) = scale (skip x + out F(input x, noise)), and a velocity of the same form:
 * v = (x_t - D(x_t/(1-t), t/(1-t)))/t, simplified by algebra.
 */
export interface Preconditioner {
  name: string
  /** Standard deviation of the data that the form assumes; only EDM's does. */
  sigmaData?: number
  /** The denoiser's coefficients, from sigma [B]. */
  atSigma(sigma: tf.Tensor1D): Coefficients
  /** The velocity's coefficients, from t [B]. */
  atTime(t: tf.Tensor1D): Coefficients
}

/** Times are clamped to this distance from 0 and 1 where a number would be infinite. Training stays inside this range. */
export const EDGE = 1e-5
