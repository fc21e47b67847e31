import { checkOptions, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type IntegrateOptions, integrateNames, run } from './internal/run.js'

/** states[i] [B,...] is the state at times[i]; states[0] is a clone of the start. */
export interface Trajectory {
  times: readonly number[]
  states: tf.Tensor[]
  nfe: number
}

/**
 * Integrate as `solve` does, and keep the state at every time of the grid. `tf.dispose(states)` frees them.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at the first time [B,...], float32
 */
export function trajectory(field: Field, x: tf.Tensor, options: IntegrateOptions = {}): Trajectory {
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
