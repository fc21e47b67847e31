import {
  type Choice,
  checkNumber,
  checkOptions,
  optionNames,
  type TimestepDistribution,
} from '@rectified-flow/core'
import { epsilonOption, type SqueezeOptions, squeezed } from './internal/squeezed.js'

export interface UShapedOptions extends SqueezeOptions {
  /** How much more often the ends are drawn than the middle: p(0) / p(1/2) = cosh(a / 2). */
  a?: number
}

/**
 * Most times near both ends, few in the middle: the times of 2-rectified flow++ (configs C to G).
 *
 *   p(u) = a cosh(a (u - 1/2)) / (2 sinh(a/2))      u = 1/2 + asinh((2q - 1) sinh(a/2)) / a,  q ~ U(0, 1)
 *
 * @see Lee, Lin, Fanti, "Improving the Training of Rectified Flows" (arXiv 2405.20320). The exp(au) + exp(-au) printed
 *   there is U-shaped about u = 0; the released sampler is this one, U-shaped about u = 1/2
 */
export function uShaped(options: UShapedOptions = {}): TimestepDistribution {
  checkOptions('timestep-dists.uShaped', options, optionNames(uShapedChoice))
  const { a = 4, epsilon = 1e-5 } = options
  checkNumber('timestep-dists.uShaped', 'a', a, 1e-3, 100)
  const scale = Math.sinh(a / 2)
  return squeezed('timestep-dists.uShaped', epsilon, {
    sample: q => 0.5 + Math.asinh((2 * q - 1) * scale) / a,
    density: u => (a * Math.cosh(a * (u - 0.5))) / (2 * scale),
    cumulative: u => 0.5 + Math.sinh(a * (u - 0.5)) / (2 * scale),
  })
}

export const uShapedChoice: Choice<TimestepDistribution, UShapedOptions> = {
  help: 'most times near both ends, few in the middle: 2-rectified flow++',
  options: {
    a: { type: 'number', default: 4, help: 'p(0) / p(1/2) = cosh(a / 2)' },
    epsilon: epsilonOption,
  },
  make: uShaped,
}
