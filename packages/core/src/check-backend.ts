import * as tf from '@tensorflow/tfjs-core'

/** Throw unless a backend can make tensors: tfjs's own message says neither who called nor what to do. */
export function checkBackend(where: string): void {
  try {
    tf.backend()
  } catch (cause) {
    throw new Error(
      `${where}: a backend must be active, got none. Call await useBackend() of @rectified-flow/backends first.`,
      { cause },
    )
  }
}
