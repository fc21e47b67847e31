import {
  type Choice,
  checkNumber,
  checkOptions,
  optionNames,
  type TimestepDistribution,
} from '@rectified-flow/core'
import { exponential } from './internal/exponential.js'
import { epsilonOption, type SqueezeOptions } from './internal/squeezed.js'

export interface ExponentialFallingOptions extends SqueezeOptions {
  /** p(0) / p(1) = exp(a). */
  a?: number
}

/** Most times near the data (t = 0): p(u) = a exp(-a u) / (1 - exp(-a)). */
export function exponentialFalling(options: ExponentialFallingOptions = {}): TimestepDistribution {
  checkOptions('timestep-dists.exponentialFalling', options, optionNames(exponentialFallingChoice))
  const { a = 4, epsilon = 1e-5 } = options
  checkNumber('timestep-dists.exponentialFalling', 'a', a, 1e-3, 100)
  return exponential('timestep-dists.exponentialFalling', -a, epsilon)
}

export const exponentialFallingChoice: Choice<TimestepDistribution, ExponentialFallingOptions> = {
  help: 'most times near the data (t = 0)',
  options: {
    a: { type: 'number', default: 4, help: 'p(0) / p(1) = exp(a)' },
    epsilon: epsilonOption,
  },
  make: exponentialFalling,
}
