import type { TimestepDistribution } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** One time for all samples. It has no density. */
export function atTime(time: number): TimestepDistribution {
  return {
    sample: n => tf.fill([n], time),
    density: t => (t === time ? Infinity : 0),
    cumulative: t => (t < time ? 0 : 1),
  }
}
