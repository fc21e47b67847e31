import type { Rng, Weights } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** What a network may be told besides x and the noise labels. */
export interface ForwardOptions {
  /** One row per sample, or one for all, [B,L] or [1,L]; zeros unless given. */
  classLabels?: tf.Tensor2D
  /** [B,A] or [1,A]; zeros unless given. */
  augmentLabels?: tf.Tensor2D
  /** Given while training: turns dropout on, drawn from rng. */
  training?: { rng: Rng }
}

/** A raw network, to be wrapped by edmDenoiser or edmVelocity. */
export interface Network {
  readonly weights: Weights
  /** x [B,H,W,C], noiseLabels [B] -> [B,H,W,C]. */
  forward(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options?: ForwardOptions): tf.Tensor4D
}
