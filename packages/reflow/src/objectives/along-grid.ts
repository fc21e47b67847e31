import { type AverageField, batchOf, checkFunction, checkTensor, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { checkTimes } from '../internal/check-options.js'
import { START_TIME } from '../sampler.js'

/**
 * An average velocity as the field of a sampler on this grid: from t it goes to the grid's next time r. The sampler's Euler steps
 * on the same grid are then the average velocity's own: x_r = x_t - (t - r) u(x_t, t, r). By default the grid has one step.
 *
 *     sample(alongGrid(u), z)
 *     sample(alongGrid(u, TWO_STEP_GRID), z, { times: TWO_STEP_GRID })
 *
 * The `prediction` of a step that does not end at t = 0 is no data prediction. For that, and for solvers of higher order, take the
 * velocity u(x, t, t).
 */
export function alongGrid<X extends tf.Tensor>(
  u: AverageField<X>,
  times: readonly number[] = [START_TIME, 0],
): Field<X> {
  const where = 'reflow.alongGrid'
  checkFunction(where, 'u', u)
  checkTimes(where, times, 'falling')
  return (x, t) => {
    checkTensor(where, 't', t, [batchOf(x)])
    return tf.tidy(() => {
      const grid = tf.tensor1d([...times])
      const isBefore = tf.less(grid, tf.reshape(t, [-1, 1]))
      const r: tf.Tensor1D = tf.max(tf.mul(grid, tf.cast(isBefore, 'float32')), 1)
      return u(x, { t, r })
    })
  }
}
