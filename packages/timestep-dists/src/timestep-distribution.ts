import { checkOneOf, type TimestepDistribution } from '@rectified-flow/core'
import { cosmap } from './cosmap.js'
import { exponentialFalling } from './exponential-falling.js'
import { exponentialRising } from './exponential-rising.js'
import { logitNormal } from './logit-normal.js'
import { modeSampling } from './mode-sampling.js'
import { uShaped } from './u-shaped.js'
import { uniform } from './uniform.js'

const distributions = {
  uniform,
  uShaped,
  exponentialRising,
  exponentialFalling,
  logitNormal,
  modeSampling,
  cosmap,
}

export type TimestepDistributionName = keyof typeof distributions

export type TimestepDistributionOptions<N extends TimestepDistributionName> = NonNullable<
  Parameters<(typeof distributions)[N]>[0]
>

/** The distribution of a name, for config files and command lines; code imports the one it wants. */
export function timestepDistribution<N extends TimestepDistributionName>(
  name: N,
  options?: TimestepDistributionOptions<N>,
): TimestepDistribution {
  checkOneOf('timestep-dists.timestepDistribution', 'name', name, Object.keys(distributions))
  return distributions[name](options)
}
