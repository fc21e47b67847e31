import { checkInt, checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'

/** The defaults are those of the paper's table 1. */
export interface KarrasOptions {
  /** How dense the levels are near sigmaMin; 7 by default. 1 spaces them evenly. */
  rho?: number
  /** The last level before 0; 0.002 by default. */
  sigmaMin?: number
  /** The first level; 80 by default. */
  sigmaMax?: number
}

export const karrasNames: OptionNames<KarrasOptions> = {
  rho: 'optional',
  sigmaMin: 'optional',
  sigmaMax: 'optional',
}

/**
 * EDM's noise levels, falling from σmax to σmin, then 0:
 *
 *   σ_i = (σmax^(1/ρ) + i/(steps-1) (σmin^(1/ρ) - σmax^(1/ρ)))^ρ,  i < steps
 *
 * @param steps  intervals, including the last one to 0; >= 1. With 1 the levels are σmax and 0
 * @returns      steps + 1 levels
 * @see Karras, Aittala, Aila, Laine, arXiv 2206.00364, equation 5
 */
export function karrasLevels(steps: number, options: KarrasOptions = {}): number[] {
  checkOptions('ode.karrasLevels', options, karrasNames)
  return checkedLevels('ode.karrasLevels', steps, options)
}

/** The levels of `karrasLevels`; `where` names the function that the user called. */
export function checkedLevels(
  where: string,
  steps: number,
  { rho = 7, sigmaMin = 0.002, sigmaMax = 80 }: KarrasOptions,
): number[] {
  checkInt(where, 'steps', steps, 1)
  checkNumber(where, 'rho', rho, Number.MIN_VALUE)
  checkNumber(where, 'sigmaMin', sigmaMin, Number.MIN_VALUE)
  checkNumber(where, 'sigmaMax', sigmaMax, sigmaMin)
  const [high, low] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)]
  const level = (i: number) => (high + (i / Math.max(steps - 1, 1)) * (low - high)) ** rho
  return [...Array.from({ length: steps }, (_, i) => level(i)), 0]
}
