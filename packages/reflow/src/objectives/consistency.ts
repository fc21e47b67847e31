import { checkInt, checkOptions, type OptionNames } from '@rectified-flow/core'
import { pseudoHuber } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'
import type { IntervalDistribution, ObjectiveOptions } from './objective.js'
import { twoStep } from './two-step.js'

export interface ConsistencyOptions {
  /** Intervals of the uniform grid of times: more make the target less biased and its changes smaller. */
  steps?: number
}

const consistencyNames: OptionNames<ConsistencyOptions> = { steps: 'optional' }

/**
 * Consistency training: the data that two neighbouring points of a pair's line lead to agree. All intervals end at r = 0, so the
 * network needs no second time: give an average velocity `(x, { t }) => field(x, t)`.
 *
 *   x_t - t u(x_t, t, 0) against stop(x_s - s u(x_s, s, 0)),   t = i/steps, s = t - 1/steps, x_s on the line; as velocities:
 *   u(x_t, t, 0) against stop(((t - s) v + s u(x_s, s, 0)) / t)
 *
 * @see Song et al., Consistency Models, arXiv 2303.01469, section 5; Song and Dhariwal, arXiv 2310.14189, for pseudo-Huber
 */
export function consistency(options: ConsistencyOptions = {}): ObjectiveOptions {
  const where = 'reflow.consistency'
  checkOptions(where, options, consistencyNames)
  const { steps = 32 } = options
  checkInt(where, 'steps', steps, 1)
  return {
    objective: twoStep({ first: 'pair' }),
    timesteps: neighbours(steps),
    premetric: pseudoHuber(),
  }
}

function neighbours(steps: number): IntervalDistribution {
  return {
    sample: (n, rng) =>
      tf.tensor2d(
        Array.from(rng.integers(n, steps), i => [(i + 1) / steps, i / steps, 0]),
        [n, 3],
      ),
  }
}
