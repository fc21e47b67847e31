import * as tf from '@tensorflow/tfjs-core'

/** 1 where a number is positive, else -1: of normal numbers, the probes that Rademacher's distribution gives. */
export function signs<T extends tf.Tensor>(normal: T): T {
  return tf.tidy(() => tf.sub(tf.mul(tf.cast(tf.greater(normal, 0), 'float32'), 2), 1))
}
