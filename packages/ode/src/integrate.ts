import { checkOptions, type Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { type IntegrateOptions, integrateNames, run } from './internal/run.js'
import type { SolverState } from './method.js'

/**
 * Integrate dx/dt = field(x, t) one step at a time. The loop decides what happens between steps, and may wait there:
 *
 *     for (const { x, step, steps } of integrate(field, noise, { steps: 32 })) {
 *       if (signal.aborted) break // frees the state
 *       progress(step / steps)
 *       await tf.nextFrame()
 *     }
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at the first time [B,...], float32; borrowed until the first step is done
 */
export function integrate<X extends tf.Tensor>(
  field: Field<X>,
  x: X,
  options: IntegrateOptions = {},
): Generator<SolverState<X>, void, undefined> {
  checkOptions('ode.integrate', options, integrateNames)
  return run('ode.integrate', field, x, options).states
}
