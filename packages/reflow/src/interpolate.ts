import { alongBatch } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * The straight path from data to noise: x_t = (1 - t) x + t z.
 *
 * @param x  data [B,...]
 * @param z  noise [B,...]
 * @param t  times [B] in [0, 1]
 */
export function interpolate<T extends tf.Tensor>(x: T, z: T, t: tf.Tensor1D): T {
  return tf.tidy(() => tf.add(x, tf.mul(alongBatch(t, x), tf.sub(z, x))))
}

/**
 * Where the straight line from x_t with velocity v meets the data: x_t - t v.
 *
 * @param xt  states [B,...]
 * @param v   velocities [B,...]
 * @param t   times [B] in [0, 1]
 */
export function dataPrediction<T extends tf.Tensor>(xt: T, v: T, t: tf.Tensor1D): T {
  return tf.tidy(() => tf.sub(xt, tf.mul(alongBatch(t, xt), v)))
}

/**
 * Where the straight line from x_t with velocity v meets the noise: x_t + (1 - t) v.
 *
 * @param xt  states [B,...]
 * @param v   velocities [B,...]
 * @param t   times [B] in [0, 1]
 */
export function noisePrediction<T extends tf.Tensor>(xt: T, v: T, t: tf.Tensor1D): T {
  return tf.tidy(() => tf.add(xt, tf.mul(alongBatch(tf.sub(1, t), xt), v)))
}
