import type { Rng, Weights } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** What a network may be told besides x and the noise labels. */
export interface ForwardOptions {
  /** One row per sample, or one for all, [B,L] or [1,L]; zeros unless given. */
  classLabels?: tf.Tensor2D
  /** [B,A] or [1,A]; zeros unless given. */
  augmentLabels?: tf.Tensor2D
  training?: TrainingOptions
}

/** Given while training. */
export interface TrainingOptions {
  /** Turns dropout on, drawn from here. */
  rng: Rng
  /**
   * Gradient checkpointing: the gradient runs each block again instead of keeping its activations (Chen et al., arXiv
   * 1604.06174). Same numbers, less than a third of the memory, about half more time.
   */
  recompute?: boolean
}

/** A raw network, to be wrapped by a preconditioner. */
export interface Network {
  readonly weights: Weights
  /** x [B,H,W,C], noiseLabels [B] -> [B,H,W,C]. */
  forward(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options?: ForwardOptions): tf.Tensor4D
}
