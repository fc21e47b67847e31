import * as tf from '@tensorflow/tfjs-core'
import { checkTensor } from '../checks.js'
import { alongBatch } from './along-batch.js'

/**
 * The straight path from data x at t = 0 to noise z at t = 1, and how any two of its parts give the others:
 *
 *   x_t = (1 - t) x + t z     v = z - x     x = x_t - t v     z = x_t + (1 - t) v
 *
 * In each of these functions states are [B,...], and t is one time per sample, [B], or one number for all. At t = 0
 * `interpolate` and `dataPrediction` return the data without rounding.
 */

/** The state at time t: x_t = x + t (z - x). */
export function interpolate<T extends tf.Tensor>(x: T, z: T, t: tf.Tensor1D | number): T {
  check('core.interpolate', { x, z }, t)
  return tf.tidy(() => tf.add(x, tf.mul(alongBatch(t, x), tf.sub(z, x))))
}

/** Where the straight line from x_t with velocity v meets the data: x_t - t v. */
export function dataPrediction<T extends tf.Tensor>(xt: T, v: T, t: tf.Tensor1D | number): T {
  check('core.dataPrediction', { xt, v }, t)
  return tf.tidy(() => tf.sub(xt, tf.mul(alongBatch(t, xt), v)))
}

/** Where the straight line from x_t with velocity v meets the noise: x_t + (1 - t) v. */
export function noisePrediction<T extends tf.Tensor>(xt: T, v: T, t: tf.Tensor1D | number): T {
  check('core.noisePrediction', { xt, v }, t)
  return tf.tidy(() => {
    const rest = typeof t === 'number' ? 1 - t : tf.sub(1, t)
    return tf.add(xt, tf.mul(alongBatch(rest, xt), v))
  })
}

/** The velocity of the straight line from data x to the state x_t: (x_t - x) / t, for t in (0, 1]. */
export function velocityFromData<T extends tf.Tensor>(xt: T, x: T, t: tf.Tensor1D | number): T {
  check('core.velocityFromData', { xt, x }, t)
  return tf.tidy(() => tf.div(tf.sub(xt, x), alongBatch(t, xt)))
}

/** Throw unless the states are tensors of one shape, and t is a number or has one time per sample. */
function check(where: string, states: Readonly<Record<string, tf.Tensor>>, t: tf.Tensor1D | number): void {
  let shape: readonly (number | string)[] = ['B', '...']
  for (const [name, state] of Object.entries(states)) {
    checkTensor(where, name, state, shape)
    shape = state.shape
  }
  if (typeof t !== 'number') checkTensor(where, 't', t, [shape[0]!])
}
