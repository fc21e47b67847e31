import {
  type Choice,
  checkNumber,
  checkOptions,
  optionNames,
  type TimestepDistribution,
} from '@rectified-flow/core'
import { normalCumulative } from './internal/normal-cumulative.js'
import { epsilonOption, type SqueezeOptions, squeezed } from './internal/squeezed.js'

export interface LogitNormalOptions extends SqueezeOptions {
  /** Below 0: more times near the data; above 0: more near the noise. */
  mean?: number
  /** How far the times spread from the middle. */
  std?: number
}

/**
 * Most times in the middle: u = sigmoid(mean + std n), n ~ N(0, 1). It was the best in Stable Diffusion 3's comparison.
 *
 *   p(u) = exp(-(logit(u) - mean)² / (2 std²)) / (std sqrt(2π) u (1 - u))
 *
 * @see Esser et al., "Scaling Rectified Flow Transformers" (arXiv 2403.03206), section 3.1
 */
export function logitNormal(options: LogitNormalOptions = {}): TimestepDistribution {
  checkOptions('timestep-dists.logitNormal', options, optionNames(logitNormalChoice))
  const { mean = 0, std = 1, epsilon = 1e-5 } = options
  checkNumber('timestep-dists.logitNormal', 'mean', mean, -10, 10)
  checkNumber('timestep-dists.logitNormal', 'std', std, 1e-3, 10)
  const score = (u: number) => (Math.log(u / (1 - u)) - mean) / std
  return squeezed('timestep-dists.logitNormal', epsilon, {
    source: 'normals',
    sample: n => 1 / (1 + Math.exp(-(mean + std * n))),
    density(u) {
      if (u === 0 || u === 1) return 0 // the limit there
      return Math.exp(-0.5 * score(u) ** 2) / (std * Math.sqrt(2 * Math.PI) * u * (1 - u))
    },
    cumulative: u => normalCumulative(score(u)),
  })
}

export const logitNormalChoice: Choice<TimestepDistribution, LogitNormalOptions> = {
  help: 'most times in the middle: Stable Diffusion 3',
  options: {
    mean: { type: 'number', default: 0, help: 'below 0: more times near the data; above 0: near the noise' },
    std: { type: 'number', default: 1, help: 'how far the times spread from the middle' },
    epsilon: epsilonOption,
  },
  make: logitNormal,
}
