import { batchOf, checkKind, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * How far a path is from a straight line at constant speed: the mean over its N steps of the mean squared
 * N (x_{i-1} - x_i) - (x_0 - x_N). A straight path gives 0. This is the reference's measure; Liu et al. (arXiv 2209.03003),
 * section 2.2, give its integral form.
 *
 * @param states  N + 1 states [B,...] on a uniform grid of times, from `sampleTrajectory`
 * @returns       [B]
 */
export function straightness(states: readonly tf.Tensor[]): tf.Tensor1D {
  const where = 'reflow.straightness'
  checkKind(where, 'states', states, 'a list of states', ['length', 'entries'])
  if (states.length < 2)
    throw new RangeError(`${where}: states must hold at least 2 states, got ${states.length}.`)
  const first = states[0]!
  for (const [i, state] of states.entries()) checkTensor(where, `states[${i}]`, state, first.shape)
  const steps = states.length - 1
  const batch = batchOf(first)
  return tf.tidy(() => {
    const line = tf.sub(first, states[steps]!)
    let total: tf.Tensor = tf.zeros([batch])
    for (let i = 1; i <= steps; i++) {
      total = tf.tidy(() => {
        const velocity = tf.mul(tf.sub(states[i - 1]!, states[i]!), steps)
        return tf.add(total, tf.mean(tf.reshape(tf.square(tf.sub(velocity, line)), [batch, -1]), 1))
      })
    }
    return tf.div(total, steps) as tf.Tensor1D
  })
}
