import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { uniform } from '@rectified-flow/timestep-dists'
import { intervals } from './intervals.js'
import type { ObjectiveOptions } from './objective.js'
import { twoStep } from './two-step.js'

/**
 * SplitMeanFlow: averages of an interval and of its parts agree, for a time s drawn uniformly inside it.
 *
 *   (t - r) u(x_t, t, r) = (t - s) u(x_t, t, s) + (s - r) u(x_s, s, r)
 *
 * Half of the intervals have r = t and train the velocity; this share is this package's choice.
 *
 * @see Guo et al., SplitMeanFlow: Interval Splitting Consistency in Few-Step Generative Modeling, arXiv 2507.16884, section 4
 */
export function splitMeanFlow(): ObjectiveOptions {
  return {
    objective: twoStep(),
    timesteps: intervals(uniform(), { share: 0.5 }),
    premetric: squaredL2,
  }
}
