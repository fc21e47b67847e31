import { type Choice, checkOptions, optionNames, type TimestepDistribution } from '@rectified-flow/core'
import { epsilonOption, type SqueezeOptions, squeezed } from './internal/squeezed.js'

export type UniformOptions = SqueezeOptions

/** p(u) = 1: what flow matching uses, and config A of 2-rectified flow++. */
export function uniform(options: UniformOptions = {}): TimestepDistribution {
  checkOptions('timestep-dists.uniform', options, optionNames(uniformChoice))
  const { epsilon = 1e-5 } = options
  return squeezed('timestep-dists.uniform', epsilon, {
    sample: q => q,
    density: () => 1,
    cumulative: u => u,
  })
}

export const uniformChoice: Choice<TimestepDistribution, UniformOptions> = {
  help: 'all times equally often',
  options: {
    epsilon: epsilonOption,
  },
  make: uniform,
}
