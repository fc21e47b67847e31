import * as tf from '@tensorflow/tfjs-core'

/**
 * What `body` returns, as constants of any gradient being taken: nothing in it goes on the tape. That saves the
 * backward work, and the memory of the activations that the tape would hold for it.
 */
export function constant<T extends tf.TensorContainer>(body: () => T): T {
  // As tf.customGrad does around its forward, but that can return only one tensor.
  const { state } = tf.engine()
  state.kernelDepth++
  try {
    return tf.tidy(body)
  } finally {
    state.kernelDepth--
  }
}
