import * as tf from '@tensorflow/tfjs-core'

/**
 * Throw unless gradients are registered. tfjs-core alone has none: without this check it fails only in the middle of a
 * backward pass, with a message that names a kernel.
 */
export function checkGradients(where: string): void {
  // If addition has a gradient, all have: they are always registered together.
  if (tf.getGradient(tf.Add)) return
  throw new Error(
    `${where}: gradients must be registered, got none. Call useBackend of @rectified-flow/backends, or import @tensorflow/tfjs.`,
  )
}
