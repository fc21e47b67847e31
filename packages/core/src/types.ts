import type * as tf from '@tensorflow/tfjs-core'
import type { Rng } from './rng/rng.js'

/** dx/dt at (x, t). x [B,...], t [B] -> [B,...]. Borrowed in, owned out. A field of points takes X = tf.Tensor2D. */
export type Field<X extends tf.Tensor = tf.Tensor> = (x: X, t: tf.Tensor1D) => tf.Tensor

/** Two times per sample, r <= t, each [B]: a sampler goes from x_t to x_r. */
export type Interval = { t: tf.Tensor1D; r: tf.Tensor1D }

/**
 * The average velocity of the path through x_t between two times. x [B,...] -> [B,...]. Borrowed in, owned out.
 *
 *   u(x_t, t, r) = 1/(t - r) ∫_r^t v(x_s, s) ds, so x_r = x_t - (t - r) u(x_t, t, r); v(x_t, t) where r = t
 *
 * @see Geng et al., Mean Flows for One-step Generative Modeling, arXiv 2505.13447, section 4.1
 */
export type AverageField<X extends tf.Tensor = tf.Tensor> = (x: X, interval: Interval) => tf.Tensor

/** Posterior mean E[x | x + sigma n]. x [B,...], sigma [B] -> [B,...]. */
export type Denoiser<X extends tf.Tensor = tf.Tensor4D> = (x: X, sigma: tf.Tensor1D) => X

/** Images [B,H,W,C] in [-1,1], and their one-hot labels [B,L] if there are classes. Owned by the caller. */
export type ImageBatch = {
  x: tf.Tensor4D
  labels?: tf.Tensor2D
}

/**
 * A batch to train on: data x and noise z of one shape [B,...], and one-hot labels [B,L] if there are classes. Owned by the
 * caller. (A type and not an interface, because `tf.dispose` and `tf.tidy` don't accept an interface.)
 */
export type Pairs<X extends tf.Tensor = tf.Tensor> = {
  x: X
  z: X
  labels?: tf.Tensor2D
}

/** Rows `first` to `first + count - 1` of a batch. */
export interface Rows {
  first: number
  count: number
}

/**
 * Where training pairs come from. The pairs of a step depend on the step alone (and on what the coupling was made
 * with), never on the calls before it: a run that resumes at step k needs no saved position to go on exactly.
 *
 * If `rows` are given, the caller needs only these rows of the step's batch. A coupling may make only them, or the whole batch.
 */
export interface Coupling<X extends tf.Tensor = tf.Tensor> {
  draw(step: number, batch: number, rows?: Rows): Pairs<X> | Promise<Pairs<X>>
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
