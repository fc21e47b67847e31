import { batchOf, dataPrediction, type Field, interpolate } from '@rectified-flow/core'
import type { Method } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'

/**
 * The paper's "new" rule: each step ends on the line between the data prediction and the first state z.
 *
 *   x' = (1 - t') (x - t v) + t' z
 *
 * With Heun, v is the mean of the velocities at both ends, and the state at the second end follows the rule too.
 *
 * @see Lee et al., arXiv 2405.20320, section 4
 */
export function reinterpolate(z: tf.Tensor, correct: boolean): Method {
  const at = (field: Field, x: tf.Tensor, t: number) => field(x, tf.fill([batchOf(x)], t) as tf.Tensor1D)
  return {
    name: 'reinterpolate',
    order: 1,
    step: (field, x, t, tNext) =>
      tf.tidy(() => {
        const move = (v: tf.Tensor) => interpolate(dataPrediction(x, v, t), z, tNext)
        const v = at(field, x, t)
        if (!correct) return { x: move(v), nfe: 1 }
        return { x: move(tf.mul(tf.add(v, at(field, move(v), tNext)), 0.5)), nfe: 2 }
      }),
  }
}
