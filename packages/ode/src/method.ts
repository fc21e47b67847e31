import type { Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** The state at the end [B,...], owned by the caller, and the field calls spent. */
export type Solution<X extends tf.Tensor = tf.Tensor> = { x: X; nfe: number }

/** The result of one step. A method with `past` also gives v, the velocity at its start [B,...], for the steps after it. */
export type MethodStep = Solution & { v?: tf.Tensor }

/** Where an earlier step started: its time, and the velocity there [B,...], borrowed. */
export interface PastStep {
  t: number
  v: tf.Tensor
}

/**
 * A way to take one step of dx/dt = f(x, t). Any object with these members is a method, and `rungeKutta` makes one from a
 * tableau.
 */
export interface Method {
  readonly name: string
  /** p: over a fixed span the error falls as h^p. */
  readonly order: number
  /** How many earlier steps a multistep method uses; 0 by default. */
  readonly past?: number
  /**
   * Go from the state x [B,...] at t to the state at tNext, which may be before t.
   *
   * @param past  the starts of the steps before this one, the latest first; fewer than `past` at the beginning of a solve
   */
  step(field: Field, x: tf.Tensor, t: number, tNext: number, past?: readonly PastStep[]): MethodStep
}

/** Where a solver is after a step. */
export interface SolverState<X extends tf.Tensor = tf.Tensor> {
  /** The state at t [B,...], borrowed: freed when the next step is done (clone to keep). */
  x: X
  t: number
  /** Steps done, and how many there are in all. */
  step: number
  steps: number
  /** Field calls spent so far. */
  nfe: number
}
