import {
  type Choice,
  checkNumber,
  checkOptions,
  optionNames,
  type TimestepDistribution,
} from '@rectified-flow/core'
import { epsilonOption, type SqueezeOptions, squeezed } from './internal/squeezed.js'

export interface ModeSamplingOptions extends SqueezeOptions {
  /** In [-1, 1.75]. Above 0: more times in the middle; below 0: more near the ends; 0: uniform. */
  scale?: number
}

/**
 * Stable Diffusion 3's mode sampling with heavy tails: unlike the logit-normal, its density is not 0 at the ends.
 *
 *   u = g(q) = q - s (sin²(πq/2) - q),  q ~ U(0, 1)      p(g(q)) = 1 / g'(q)
 *
 * g(q) is the paper's f(q) = 1 - q - s (cos²(πq/2) - 1 + q) at 1 - q. Sampling only evaluates g; the density and the
 * cumulative invert g by bisection. The density has poles at both ends if s = -1, and one in the middle if
 * s = 2/(π - 2) = 1.7519.
 *
 * @see Esser et al., "Scaling Rectified Flow Transformers" (arXiv 2403.03206), section 3.1
 */
export function modeSampling(options: ModeSamplingOptions = {}): TimestepDistribution {
  checkOptions('timestep-dists.modeSampling', options, optionNames(modeSamplingChoice))
  const { scale = 1.29, epsilon = 1e-5 } = options
  checkNumber('timestep-dists.modeSampling', 'scale', scale, -1, 1.75)
  const g = (q: number) => q - scale * (Math.sin((Math.PI * q) / 2) ** 2 - q)
  const slope = (q: number) => 1 - scale * ((Math.PI / 2) * Math.sin(Math.PI * q) - 1)
  return squeezed('timestep-dists.modeSampling', epsilon, {
    sample: g,
    density: u => 1 / slope(invert(g, u)),
    cumulative: u => invert(g, u),
  })
}

/** The q in [0, 1] with g(q) = u, to within 2^-53; g must be increasing. */
function invert(g: (q: number) => number, u: number): number {
  let [low, high] = [0, 1]
  for (let i = 0; i < 53; i++) {
    const middle = (low + high) / 2
    if (g(middle) < u) low = middle
    else high = middle
  }
  return (low + high) / 2
}

export const modeSamplingChoice: Choice<TimestepDistribution, ModeSamplingOptions> = {
  help: 'most times in the middle, with heavy tails: Stable Diffusion 3',
  options: {
    scale: {
      type: 'number',
      default: 1.29,
      help: 'above 0: more times in the middle; below 0: near the ends',
    },
    epsilon: epsilonOption,
  },
  make: modeSampling,
}
