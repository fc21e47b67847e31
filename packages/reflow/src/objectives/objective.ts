import type { AverageField, Premetric, Rng } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** A batch of pairs at its times: states [B,...], times [B] with r <= s <= t. Borrowed. */
export interface Crossing<X extends tf.Tensor = tf.Tensor> {
  /** Data x, noise z, and the state between them x_t = (1 - t) x + t z. */
  x: X
  z: X
  xt: X
  /** The velocity z - x of the pair's line. */
  v: tf.Tensor
  t: tf.Tensor1D
  r: tf.Tensor1D
  /** A time between, for objectives that cross the interval in two steps. */
  s: tf.Tensor1D
}

/**
 * What training compares, by the trainer's premetric: velocities [B,...]. Gradients stop where the objective calls `constant` of
 * core; they go through everything else, so a target is as a rule made in a `constant`.
 *
 *     const own: Objective = (u, { xt, t, r, v }) => ({ prediction: u(xt, { t, r }), target: v })
 *
 * Calls of u within one objective share their dropout.
 */
export type Objective<X extends tf.Tensor = tf.Tensor> = (
  u: AverageField<X>,
  crossing: Crossing<X>,
) => { prediction: tf.Tensor; target: tf.Tensor }

/** An objective of states of any rank. */
export type AnyObjective = <X extends tf.Tensor>(
  ...given: Parameters<Objective<X>>
) => ReturnType<Objective<X>>

/** A distribution of intervals. */
export interface IntervalDistribution {
  /** n rows of t, s and r [n,3] with 0 <= r <= s <= t <= 1, drawn from rng. */
  sample(n: number, rng: Rng): tf.Tensor2D
}

/**
 * An objective and what its paper takes with it: the options of a trainer. Give others after it to replace them:
 *
 *     new Trainer({ ...meanFlow(), premetric: pseudoHuber(), velocity, weights, coupling, rng })
 */
export interface ObjectiveOptions {
  objective: AnyObjective
  timesteps: IntervalDistribution
  premetric: Premetric
}
