import { checkNumber, checkOptions } from '@rectified-flow/core'
import type { Schedule } from './schedule.js'

/**
 * Decay of a moving average whose profile is a power of time, for a trainer's `emaDecay`. It forgets the first part of a run,
 * and that part grows with the run. A constant decay forgets weights after a fixed number of steps.
 *
 *   decay(t) = (1 - 1/t)^(gamma + 1) at update t = 1, 2, ...
 *
 * @param sigmaRel  the profile's standard deviation as a share of the run, in (0, 0.28]; EDM2 keeps 0.05 and 0.10
 * @see Karras et al., Analyzing and Improving the Training Dynamics of Diffusion Models, arXiv 2312.02696, section 3.1
 */
export function powerEma(options: { sigmaRel: number }): Schedule {
  checkOptions<{ sigmaRel: number }>('reflow.powerEma', options, { sigmaRel: 'required' })
  const { sigmaRel } = options
  const exponent = emaExponent(sigmaRel) + 1
  return update => (1 - 1 / update) ** exponent
}

/**
 * gamma of a power-function profile of relative standard deviation sigmaRel, the positive root of
 *
 *   sigmaRel^2 = (gamma + 1) / ((gamma + 2)^2 (gamma + 3))
 */
export function emaExponent(sigmaRel: number): number {
  // At gamma = 0, the plain mean of all weights, the deviation is largest: sqrt(1/12).
  checkNumber('reflow.powerEma', 'sigmaRel', sigmaRel, 1e-4, Math.sqrt(1 / 12))
  const deviation = (gamma: number) => Math.sqrt((gamma + 1) / (gamma + 3)) / (gamma + 2)
  let [low, high] = [0, 1 / sigmaRel] // the deviation is below 1 / (gamma + 2)
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (deviation(middle) > sigmaRel) low = middle
    else high = middle
  }
  return (low + high) / 2
}
