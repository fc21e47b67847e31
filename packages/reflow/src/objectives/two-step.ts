import {
  alongBatch,
  checkNumber,
  checkOneOf,
  checkOptions,
  constant,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { AnyObjective, Objective } from './objective.js'

export interface TwoStepOptions {
  /** Who takes the first step, to x_s: the network, or the pair's line, whose velocity z - x is right on average only. */
  first?: 'network' | 'pair'
  /** Steps of the network up to this length are taken with its velocity, r = t. */
  base?: number
}

const twoStepNames: OptionNames<TwoStepOptions> = { first: 'optional', base: 'optional' }

/**
 * One step against two: what the average over [r, t] has to be, given those over [s, t] and [r, s].
 *
 *   u(x_t, t, r) against stop(((t - s) a + (s - r) u(x_s, s, r)) / (t - r)),   x_s = x_t - (t - s) a
 *
 * with a = u(x_t, t, s), or the pair's velocity. Where r = t the target is the pair's velocity z - x: flow matching. No
 * derivative is needed. `shortcut`, `splitMeanFlow` and `consistency` are this objective with different times.
 */
export function twoStep(options: TwoStepOptions = {}): AnyObjective {
  const where = 'reflow.twoStep'
  checkOptions(where, options, twoStepNames)
  const { first = 'network', base = 0 } = options
  checkOneOf(where, 'first', first, ['network', 'pair'])
  checkNumber(where, 'base', base, 0, 1)
  // A little more, because lengths are rounded.
  const isShort = (length: tf.Tensor1D) => tf.lessEqual(length, base * 1.001)
  return <X extends tf.Tensor>(...[u, { xt, t, s, r, v }]: Parameters<Objective<X>>) => {
    const step = (x: X, from: tf.Tensor1D, to: tf.Tensor1D) =>
      u(x, { t: from, r: tf.where(isShort(tf.sub(from, to)), from, to) })
    const target = constant(() => {
      const start = first === 'pair' ? v : step(xt, t, s)
      const xs = tf.sub<X>(xt, tf.mul(alongBatch(tf.sub(t, s), xt), start))
      const share = alongBatch(tf.divNoNan(tf.sub(t, s), tf.sub(t, r)) as tf.Tensor1D, xt)
      const rest = step(xs, s, r)
      const both = tf.add(rest, tf.mul(share, tf.sub(start, rest)))
      return tf.where(alongBatch(tf.greater(t, r), xt), both, v)
    })
    return { prediction: u(xt, { t, r }), target }
  }
}
