import type { TimestepDistribution } from '@rectified-flow/core'
import { squeezed } from './squeezed.js'

/** p(u) proportional to exp(rate u), rate not 0. Sampled by the inverse cumulative, u = ln(1 + q (exp(rate) - 1)) / rate. */
export function exponential(where: string, rate: number, epsilon: number): TimestepDistribution {
  const total = Math.expm1(rate)
  return squeezed(where, epsilon, {
    sample: q => Math.log1p(q * total) / rate,
    density: u => (rate / total) * Math.exp(rate * u),
    cumulative: u => Math.expm1(rate * u) / total,
  })
}
