import {
  checkKind,
  checkNumber,
  checkOptions,
  type OptionNames,
  type TimestepDistribution,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { IntervalDistribution } from './objective.js'

export interface IntervalOptions {
  /** The share of intervals with r < t, in [0, 1]; the others have r = t, where an average velocity is a velocity. */
  share?: number
  /** Intervals longer than this get r = 0, the end of a sample that is drawn in one step. By default none do. */
  snap?: number
}

const intervalNames: OptionNames<IntervalOptions> = { share: 'optional', snap: 'optional' }

/**
 * Intervals between two times of one distribution: t is the later one, r the earlier one, and s is uniform between them.
 *
 * @see Geng et al., Mean Flows for One-step Generative Modeling, arXiv 2505.13447, section 4.3, for the default share
 */
export function intervals(
  distribution: TimestepDistribution,
  options: IntervalOptions = {},
): IntervalDistribution {
  const where = 'reflow.intervals'
  checkOptions(where, options, intervalNames)
  checkKind(where, 'distribution', distribution, 'a distribution such as uShaped()', ['sample'])
  const { share = 0.25, snap = 1 } = options
  checkNumber(where, 'share', share, 0, 1)
  checkNumber(where, 'snap', snap, 0, 1)
  return {
    sample: (n, rng) =>
      tf.tidy(() => {
        const [one, other] = [distribution.sample(n, rng.fork('t')), distribution.sample(n, rng.fork('r'))]
        const t = tf.maximum(one, other)
        const apart = tf.tensor1d(
          rng
            .fork('apart')
            .uniforms(n)
            .map(q => (q < share ? 1 : 0)),
        )
        const drawn = tf.sub(t, tf.mul(apart, tf.sub(t, tf.minimum(one, other))))
        const r = tf.where(tf.greater(tf.sub(t, drawn), snap), tf.zerosLike(t), drawn)
        const s = tf.add(r, tf.mul(tf.tensor1d(rng.fork('s').uniforms(n)), tf.sub(t, r)))
        return tf.stack([t, s, r], 1) as tf.Tensor2D
      }),
  }
}
