import type * as tf from '@tensorflow/tfjs-core'
import type { Rng } from './rng/rng.js'

/** dx/dt at (x, t). x [B,...], t [B] -> [B,...]. Borrowed in, owned out. */
export type Field = (x: tf.Tensor, t: tf.Tensor1D) => tf.Tensor

/** Posterior mean E[x | x + sigma n]. x [B,H,W,C], sigma [B] -> [B,H,W,C]. */
export type Denoiser = (x: tf.Tensor4D, sigma: tf.Tensor1D) => tf.Tensor4D

/** A batch to train on: data x and noise z [B,H,W,C], labels [B,L] where there are classes. Owned by the caller. */
export interface Pairs {
  x: tf.Tensor4D
  z: tf.Tensor4D
  labels?: tf.Tensor2D
}

/**
 * Where training pairs come from. The pairs of a step depend on the step alone (and on what the coupling was made
 * with), never on the calls before it: a run that resumes at step k needs no saved position to go on exactly.
 */
export interface Coupling {
  draw(step: number, batch: number): Promise<Pairs>
}

/** What a premetric may look at besides prediction and target: time t [B], x_t and the data x, both [B,...]. */
export interface LossContext {
  t: tf.Tensor1D
  xt: tf.Tensor
  x: tf.Tensor
}

/** One number per sample. prediction, target (velocities) [B,...] -> [B]. Zero when they are equal. */
export type Premetric = (prediction: tf.Tensor, target: tf.Tensor, context: LossContext) => tf.Tensor1D

/** A distribution of the training time t on [0, 1]. */
export interface TimestepDistribution {
  /** n times [n], drawn from rng. */
  sample(n: number, rng: Rng): tf.Tensor1D
  /** Probability density at t; 0 outside of the support. */
  density(t: number): number
  /** P(T <= t). */
  cumulative(t: number): number
}

/** Feature vectors of images [N,H,W,C] in [-1,1] -> [N,dim]. */
export interface Features {
  dim: number
  extract(images: tf.Tensor4D): tf.Tensor2D
  dispose(): void
}

/** A network's trainable weights, by the name that a checkpoint gives them. */
export type Weights = ReadonlyMap<string, tf.Variable>
