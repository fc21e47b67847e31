import type { LossContext } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/**
 * A loss of a whole batch that remembers the batches before it. A trainer takes one in place of a premetric, and keeps the memory in
 * its state. `frechetLoss` of `/objectives` is one.
 */
export interface BatchLoss {
  /** The memory before the first step [M]. */
  start(): tf.Tensor1D
  /**
   * The loss of a batch, spread over its samples [B], and the memory after it [M]. No gradient goes through the memory. Prediction and
   * target are those of a `Premetric`, [B,...]. A step that is skipped leaves the memory as it was.
   */
  compare(
    prediction: tf.Tensor,
    target: tf.Tensor,
    context: LossContext,
    memory: tf.Tensor1D,
  ): { losses: tf.Tensor1D; memory: tf.Tensor1D }
}
