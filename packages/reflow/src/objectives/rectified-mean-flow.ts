import { checkOptions } from '@rectified-flow/core'
import { adaptiveWeight, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { uShaped } from '@rectified-flow/timestep-dists'
import { intervals } from './intervals.js'
import { type MeanFlowOptions, meanFlow, meanFlowNames } from './mean-flow.js'
import type { ObjectiveOptions } from './objective.js'

/**
 * Re-MeanFlow: MeanFlow on the pairs of one Reflow (`storedCoupling`), whose paths are nearly straight. Its times are those of
 * 2-rectified flow++, most near both ends, and long intervals end at the data, r = 0. The paper also leaves out the pairs that are
 * the farthest apart: `truncatedCoupling(coupling, { drop: 0.1 })`.
 *
 * The share of r < t (1/2) and the length from which r = 0 (1/2) are this package's choice; the power 1/2 of the weight is that
 * of the published command.
 *
 * @see Zhang et al., Flow Straighter and Faster: Efficient One-Step Generative Modeling via MeanFlow on Rectified Trajectories,
 *      arXiv 2511.23342
 */
export function rectifiedMeanFlow(options: MeanFlowOptions = {}): ObjectiveOptions {
  checkOptions('reflow.rectifiedMeanFlow', options, meanFlowNames)
  return {
    ...meanFlow(options),
    timesteps: intervals(uShaped(), { share: 0.5, snap: 0.5 }),
    premetric: adaptiveWeight(squaredL2, { power: 0.5 }),
  }
}
