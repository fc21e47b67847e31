import type { Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** The state at the end [B,...], owned by the caller, and the field calls spent. */
export type Solution = { x: tf.Tensor; nfe: number }

/** What one step gives. With `past`, also the velocity at its start [B,...], owned too, to hand to the steps after it. */
export type MethodStep = Solution & { v?: tf.Tensor }

/** Where an earlier step started: its time, and the velocity there [B,...], borrowed. */
export interface PastStep {
  t: number
  v: tf.Tensor
}

/**
 * A way to take one step of dx/dt = f(x, t). A plain value: any object with these members will do, and `rungeKutta`
 * makes one from a tableau.
 */
export interface Method {
  readonly name: string
  /** p: over a fixed span the error falls as h^p. */
  readonly order: number
  /** How many earlier steps a multistep method looks back on; none unless told. */
  readonly past?: number
  /**
   * From the state x [B,...] at t to the state at tNext, which may lie before t.
   *
   * @param past  the starts of the steps before this one, the latest first; fewer than `past` while a solve begins
   */
  step(field: Field, x: tf.Tensor, t: number, tNext: number, past?: readonly PastStep[]): MethodStep
}

/** Where a solver is after a step. */
export interface SolverState {
  /** The state at t [B,...], borrowed: freed when the next step is done (clone to keep). */
  x: tf.Tensor
  t: number
  /** Steps done, of how many. */
  step: number
  steps: number
  /** Field calls spent so far. */
  nfe: number
}
