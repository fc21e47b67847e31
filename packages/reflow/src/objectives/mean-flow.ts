import {
  alongBatch,
  centralDifference,
  checkFunction,
  checkOptions,
  constant,
  type JacobianVector,
  type OptionNames,
} from '@rectified-flow/core'
import { adaptiveWeight, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { logitNormal } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'
import { intervals } from './intervals.js'
import type { ObjectiveOptions } from './objective.js'
import { totalDerivative } from './total-derivative.js'

export interface MeanFlowOptions {
  /** How du/dt is computed: `centralDifference()` (two more forward passes), or `doubleBackward` of core. */
  jacobianVector?: JacobianVector
}

export const meanFlowNames: OptionNames<MeanFlowOptions> = { jacobianVector: 'optional' }

/**
 * MeanFlow: learn an average velocity from the identity that its definition has by t, with the pair's velocity v = z - x.
 *
 *   u(x_t, t, r) against stop(v - (t - r) du/dt),   du/dt = (∂u/∂x) v + ∂u/∂t
 *
 * Times and weight are the paper's for ImageNet (a quarter of the intervals have r < t). Those for CIFAR-10:
 *
 *     timesteps: intervals(logitNormal({ mean: -2, std: 2 }), { share: 0.75 })
 *     premetric: adaptiveWeight(squaredL2, { power: 0.75 })
 *
 * Both hardly reach t = 1: 0.999 is 7 deviations away. The paper's networks go there from the times before, but those whose label is
 * a logarithm of t, as EDM's, need times that reach it.
 *
 * @see Geng et al., Mean Flows for One-step Generative Modeling, arXiv 2505.13447, section 4 and appendix A
 */
export function meanFlow(options: MeanFlowOptions = {}): ObjectiveOptions {
  checkOptions('reflow.meanFlow', options, meanFlowNames)
  const { jacobianVector = centralDifference() } = options
  checkFunction('reflow.meanFlow', 'jacobianVector', jacobianVector)
  return {
    objective(u, crossing) {
      const { xt, t, r, v } = crossing
      const target = constant(() => {
        const change = totalDerivative(u, crossing, v, jacobianVector)
        return tf.sub(v, tf.mul(alongBatch(tf.sub(t, r), xt), change))
      })
      return { prediction: u(xt, { t, r }), target }
    },
    timesteps: intervals(logitNormal({ mean: -0.4, std: 1 })),
    premetric: adaptiveWeight(squaredL2),
  }
}
