import type { Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** What one step gives: the state at its end [B,...], owned by the caller, and the field calls spent. */
export type Step = { x: tf.Tensor; nfe: number }

/**
 * A way to take one step of dx/dt = f(x, t). A plain value: any object with these members will do, and `rungeKutta`
 * makes one from a tableau.
 */
export interface Method {
  readonly name: string
  /** p: over a fixed span the error falls as h^p. */
  readonly order: number
  /** From the state x [B,...] at t to the state at tNext, which may lie before t. */
  step(field: Field, x: tf.Tensor, t: number, tNext: number): Step
}

/** Where a solver is after a step. */
export interface State {
  /** The state at t [B,...], borrowed: freed when the next step is done (clone to keep). */
  x: tf.Tensor
  t: number
  /** Steps done, of how many. */
  step: number
  steps: number
  /** Field calls spent so far. */
  nfe: number
}
