import { alongBatch, centralDifference, checkFunction, checkOptions, constant } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type MeanFlowOptions, meanFlow, meanFlowNames } from './mean-flow.js'
import type { ObjectiveOptions } from './objective.js'
import { totalDerivative } from './total-derivative.js'

/**
 * Improved MeanFlow: the same identity as a regression on the pair's velocity v = z - x. The path is followed with the
 * network's own velocity, which depends on x_t alone, and not with the pair's.
 *
 *   u(x_t, t, r) + (t - r) stop(du/dt) against v,   du/dt = (∂u/∂x) u(x_t, t, t) + ∂u/∂t
 *
 * The prediction is a velocity of x_t, so premetrics that look at the data it leads to, such as LPIPS-Huber, have their
 * meaning. It costs one forward pass more than `meanFlow`. Times and weight are those of `meanFlow`.
 *
 * @see Geng et al., Improved Mean Flows: On the Challenges of Fastforward Generative Models, arXiv 2512.02012, section 4.1;
 *      without its second output for v, and without guidance
 */
export function improvedMeanFlow(options: MeanFlowOptions = {}): ObjectiveOptions {
  checkOptions('reflow.improvedMeanFlow', options, meanFlowNames)
  const { jacobianVector = centralDifference() } = options
  checkFunction('reflow.improvedMeanFlow', 'jacobianVector', jacobianVector)
  return {
    ...meanFlow({ jacobianVector }),
    objective(u, crossing) {
      const { xt, t, r, v } = crossing
      const change = constant(() => {
        const own = u(xt, { t, r: t })
        return tf.mul(alongBatch(tf.sub(t, r), xt), totalDerivative(u, crossing, own, jacobianVector))
      })
      return { prediction: tf.add(u(xt, { t, r }), change), target: v }
    },
  }
}
