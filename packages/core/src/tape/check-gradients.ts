import * as tf from '@tensorflow/tfjs-core'

/**
 * Throw unless gradients are registered: tfjs-core alone has none, and says so only in the middle of a backward pass, by
 * the name of a kernel.
 */
export function checkGradients(where: string): void {
  // Addition stands for all: whoever registers gradients registers them together.
  if (tf.getGradient(tf.Add)) return
  throw new Error(
    `${where}: gradients must be registered, got none. Call useBackend of @rectified-flow/backends, or import @tensorflow/tfjs.`,
  )
}
