import * as tf from '@tensorflow/tfjs-core'

/**
 * Run `body` without recording it on the tape: its result is a constant for any gradient. This saves the backward work,
 * and the memory of the activations that the tape would keep.
 */
export function constant<T extends tf.TensorContainer>(body: () => T): T {
  // tf.customGrad does the same around its forward pass, but can return only one tensor.
  const { state } = tf.engine()
  state.kernelDepth++
  try {
    return tf.tidy(body)
  } finally {
    state.kernelDepth--
  }
}
