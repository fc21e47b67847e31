import { batchOf, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** ||prediction - target||^2 per sample: [B,...] and [B,...] to [B]. Checks both for the public function `where`. */
export function squaredNorm(where: string, prediction: tf.Tensor, target: tf.Tensor): tf.Tensor1D {
  checkTensor(where, 'prediction', prediction, ['B', '...'])
  checkTensor(where, 'target', target, prediction.shape)
  const flat = tf.reshape(tf.sub(prediction, target), [batchOf(prediction), dimension(prediction)])
  return tf.sum(tf.square(flat), 1)
}

/** D, how many numbers one sample of x [B,...] has. */
export function dimension(x: tf.Tensor): number {
  return x.size / batchOf(x)
}
