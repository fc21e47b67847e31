import * as tf from '@tensorflow/tfjs-core'

/** The rows of a tensor [N,...] at these indices, in this order: [indices.length,...]. */
export function rowsOf<X extends tf.Tensor>(tensor: X, indices: ArrayLike<number>): X {
  return tf.tidy(() => tf.gather(tensor, tf.tensor1d(Int32Array.from(indices), 'int32')))
}
