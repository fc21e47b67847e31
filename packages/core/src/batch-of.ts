import type * as tf from '@tensorflow/tfjs-core'

/** How many samples x [B,...] holds: B. A tensor's type doesn't say that it has an axis. */
export function batchOf(x: tf.Tensor): number {
  return x.shape[0] as number
}
