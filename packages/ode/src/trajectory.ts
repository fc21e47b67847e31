import { checkOptions, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type IntegrateOptions, integrateNames, run } from './internal/run.js'

/** states[i] [B,...] is the state at times[i]; states[0] is a clone of the start. */
export interface Trajectory<X extends tf.Tensor = tf.Tensor> {
  times: readonly number[]
  states: X[]
  nfe: number
}

/**
 * Integrate as `solve` does, and keep the state at every time of the grid. `tf.dispose(states)` frees them.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at the first time [B,...], float32
 */
export function trajectory<X extends tf.Tensor>(
  field: Field<X>,
  x: X,
  options: IntegrateOptions = {},
): Trajectory<X> {
  checkOptions('ode.trajectory', options, integrateNames)
  const { times, states } = run('ode.trajectory', field, x, options)
  let nfe = 0
  const kept = tf.tidy(() => {
    const clones = [tf.clone(x)]
    for (const state of states) {
      clones.push(tf.clone(state.x))
      nfe = state.nfe
    }
    return clones
  })
  return { times, states: kept, nfe }
}
