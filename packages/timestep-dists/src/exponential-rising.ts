import {
  type Choice,
  checkNumber,
  checkOptions,
  optionNames,
  type TimestepDistribution,
} from '@rectified-flow/core'
import { exponential } from './internal/exponential.js'
import { epsilonOption, type SqueezeOptions } from './internal/squeezed.js'

export interface ExponentialRisingOptions extends SqueezeOptions {
  /** p(1) / p(0) = exp(a). */
  a?: number
}

/** Most times near the noise (t = 1): p(u) = a exp(a u) / (exp(a) - 1). */
export function exponentialRising(options: ExponentialRisingOptions = {}): TimestepDistribution {
  checkOptions('timestep-dists.exponentialRising', options, optionNames(exponentialRisingChoice))
  const { a = 4, epsilon = 1e-5 } = options
  checkNumber('timestep-dists.exponentialRising', 'a', a, 1e-3, 100)
  return exponential('timestep-dists.exponentialRising', a, epsilon)
}

export const exponentialRisingChoice: Choice<TimestepDistribution, ExponentialRisingOptions> = {
  help: 'most times near the noise (t = 1)',
  options: {
    a: { type: 'number', default: 4, help: 'p(1) / p(0) = exp(a)' },
    epsilon: epsilonOption,
  },
  make: exponentialRising,
}
