import * as tf from '@tensorflow/tfjs-core'

/** A tensor with the same numbers in memory of its own. (A clone, and another shape of a tensor, share its memory.) */
export const copyOf = (tensor: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.reshape(tf.tile(tf.reshape(tensor, [-1]), [1]), tensor.shape))
