import type { Choice, TimestepDistribution } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export const constantChoice: Choice<TimestepDistribution, { at?: number }> = {
  help: 'always the same time',
  options: { at: { type: 'number', default: 0.5, help: 'that time' } },
  make: ({ at = 0.5 }) => ({
    sample: n => tf.fill([n], at),
    density: t => (t === at ? Number.POSITIVE_INFINITY : 0),
    cumulative: t => (t < at ? 0 : 1),
  }),
}
