import { checkFunction, checkOptions, type Field, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type IntegrateOptions, integrateNames, run } from './internal/run.js'
import type { Solution, SolverState } from './method.js'

export type SolveOptions<X extends tf.Tensor = tf.Tensor> = IntegrateOptions & {
  /** Called after each step. */
  onStep?: (state: SolverState<X>) => void
}

const solveNames: OptionNames<SolveOptions> = { ...integrateNames, onStep: 'optional' }

/**
 * Integrate dx/dt = field(x, t) over a grid of times, forward or backward. tf.grad differentiates through it.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at the first time [B,...], float32
 * @returns      state at the last time, and the field calls spent
 */
export function solve<X extends tf.Tensor>(
  field: Field<X>,
  x: X,
  options: SolveOptions<X> = {},
): Solution<X> {
  checkOptions<SolveOptions<X>>('ode.solve', options, solveNames)
  const { onStep, ...rest } = options
  if (onStep !== undefined) checkFunction('ode.solve', 'onStep', onStep)
  let end: Solution<X> | undefined
  for (const state of run('ode.solve', field, x, rest).states) {
    onStep?.(state)
    if (state.step === state.steps) end = { x: tf.clone(state.x), nfe: state.nfe }
  }
  return end! // a grid has at least one step
}
