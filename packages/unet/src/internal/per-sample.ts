import * as tf from '@tensorflow/tfjs-core'

/** [B] -> [B,1,1,1]. */
export function perSample(values: tf.Tensor): tf.Tensor4D {
  return tf.reshape(values, [-1, 1, 1, 1])
}
