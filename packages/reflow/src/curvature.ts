import { batchOf, checkKind, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * How much a path turns: the sum of the angles between its steps, in radians. A straight line gives 0 at any speed, while
 * `straightness` also counts changes of speed. A path that turns back gives pi.
 *
 *   sum over i of  2 atan2(|u_i - u_{i+1}|, |u_i + u_{i+1}|),   u_i = (x_i - x_{i-1}) / |x_i - x_{i-1}|
 *
 * A coarse grid misses turns between its states: compare paths on one grid.
 *
 * @param states  N + 1 >= 3 states [B,...], from `sampleTrajectory`
 * @returns       [B], in [0, pi (N - 1)]
 */
export function curvature(states: readonly tf.Tensor[]): tf.Tensor1D {
  const where = 'reflow.curvature'
  checkKind(where, 'states', states, 'a list of states', ['length', 'entries'])
  if (states.length < 3)
    throw new RangeError(`${where}: states must hold at least 3 states, got ${states.length}.`)
  const first = states[0]!
  for (const [i, state] of states.entries()) checkTensor(where, `states[${i}]`, state, first.shape)
  const batch = batchOf(first)
  return tf.tidy(() => {
    const direction = (i: number) => {
      const step = tf.reshape(tf.sub(states[i]!, states[i - 1]!), [batch, -1])
      return tf.divNoNan(step, tf.norm(step, 2, 1, true))
    }
    let total: tf.Tensor = tf.zeros([batch])
    for (let i = 2; i < states.length; i++)
      total = tf.tidy(() => {
        const [a, b] = [direction(i - 1), direction(i)]
        // Exact near 0. There the arccos of the dot product has no correct digits in float32.
        const angle = tf.atan2(tf.norm(tf.sub(a, b), 2, 1), tf.norm(tf.add(a, b), 2, 1))
        return tf.add(total, tf.mul(angle, 2))
      })
    return total as tf.Tensor1D
  })
}
