import type { OptionNames, Rng, Weights } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** The inputs of a network besides x and the noise labels. An undefined one counts as not given. */
export interface ForwardOptions {
  /** One row per sample [B,L], or one row for all [1,L]; zeros by default. */
  classLabels?: tf.Tensor2D | undefined
  /** [B,A] or [1,A]; zeros by default. */
  augmentLabels?: tf.Tensor2D | undefined
  training?: TrainingOptions | undefined
}

export const forwardNames: OptionNames<ForwardOptions> = {
  classLabels: 'optional',
  augmentLabels: 'optional',
  training: 'optional',
}

/** The inputs of a network of two times. */
export interface IntervalOptions extends ForwardOptions {
  /** c_noise at the end r of the interval [B]; the noise labels by default, so that u(x, t, t) = v(x, t). */
  endLabels?: tf.Tensor1D | undefined
}

export const intervalNames: OptionNames<IntervalOptions> = { ...forwardNames, endLabels: 'optional' }

/** Options for training. Without them the network has no dropout. */
export interface TrainingOptions {
  /** Turns dropout on, and gives its random numbers. Undefined where there must be none, as in `Trainer.validate`. */
  rng?: Rng | undefined
  /**
   * Gradient checkpointing: the gradient runs each block again instead of keeping its activations (Chen et al., arXiv
   * 1604.06174). It gives the same numbers, needs less than a third of the memory, and takes about 1.5 times as long.
   */
  recompute?: boolean
}

export const trainingNames: OptionNames<TrainingOptions> = { rng: 'optional', recompute: 'optional' }

/** A raw network. A preconditioner makes a denoiser or a velocity of it. */
export interface Network {
  readonly weights: Weights
  /** x [B,H,W,C], noiseLabels [B] -> [B,H,W,C]. */
  forward(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options?: ForwardOptions): tf.Tensor4D
}

/** A raw network of two times, such as a U-Net with `times: 2`. `edmAverageVelocity` makes an average velocity of it. */
export interface AverageNetwork extends Network {
  forward(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options?: IntervalOptions): tf.Tensor4D
}
