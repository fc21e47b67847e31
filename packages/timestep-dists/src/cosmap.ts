import { type Choice, checkOptions, optionNames, type TimestepDistribution } from '@rectified-flow/core'
import { epsilonOption, type SqueezeOptions, squeezed } from './internal/squeezed.js'

export type CosmapOptions = SqueezeOptions

/**
 * Times at which a rectified flow has the same signal-to-noise ratios as the cosine schedule.
 *
 *   u = 1 - 1 / (1 + tan(πq/2)),  q ~ U(0, 1)      p(u) = 2 / (π - 2πu + 2πu²)
 *
 * @see Esser et al., "Scaling Rectified Flow Transformers" (arXiv 2403.03206), section 3.1
 */
export function cosmap(options: CosmapOptions = {}): TimestepDistribution {
  checkOptions('timestep-dists.cosmap', options, optionNames(cosmapChoice))
  const { epsilon = 1e-5 } = options
  return squeezed('timestep-dists.cosmap', epsilon, {
    sample(q) {
      const angle = (Math.PI * q) / 2
      return Math.sin(angle) / (Math.sin(angle) + Math.cos(angle)) // the same u, without the pole of tan
    },
    density: u => 2 / (Math.PI * (1 - 2 * u + 2 * u * u)),
    cumulative: u => (2 / Math.PI) * Math.atan2(u, 1 - u),
  })
}

export const cosmapChoice: Choice<TimestepDistribution, CosmapOptions> = {
  help: 'the noise levels of the cosine schedule',
  options: {
    epsilon: epsilonOption,
  },
  make: cosmap,
}
