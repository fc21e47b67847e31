import { checkNumber } from '@rectified-flow/core'

/**
 * How the errors of a step and of the two before it give the next step's size. With errors e_n of order h^k, where 1 is
 * the tolerance,
 *
 *   h' = h safety e_n^(-(p+i+d)/k) e_{n-1}^((p+2d)/k) e_{n-2}^(-d/k)
 *
 * within [minFactor, maxFactor] times h. A rejected step shrinks by safety e_n^(-1/k), and the step after it does not grow.
 *
 * @see Söderlind, Digital filters in adaptive time-stepping, ACM TOMS 29 (2003)
 */
export interface StepControl {
  readonly p: number
  readonly i: number
  readonly d: number
  readonly safety: number
  readonly minFactor: number
  readonly maxFactor: number
}

const common = { safety: 0.9, minFactor: 0.2, maxFactor: 10 }

/** Uses only the error of the last step, as SciPy does. The default. */
export const integralControl: StepControl = { p: 0, i: 1, d: 0, ...common }

/**
 * Hairer's control for mildly stiff problems, β = 0.04 in his dopri5.
 *
 * @see Hairer, Wanner, Solving Ordinary Differential Equations II, section IV.2
 */
export const hairerControl: StepControl = { p: 0.2, i: 0.65, d: 0, ...common }

/** Söderlind's PI.4.2, which damps oscillations of the step size. */
export const piControl: StepControl = { p: 0.2, i: 0.4, d: 0, ...common }

/** Söderlind's H312PID, whose exponents are -1/18, -1/9 and -1/18 over k: the smoothest step sizes. */
export const pidControl: StepControl = { p: -2 / 9, i: 2 / 9, d: 1 / 18, ...common }

/** The factor from an accepted step to the next one. Errors are those of this step and the two before, the latest first. */
export function growth(
  { p, i, d, safety, minFactor, maxFactor }: StepControl,
  k: number,
  [now, before, earlier]: readonly [number, number, number],
): number {
  if (now === 0) return maxFactor
  const factor = safety * now ** (-(p + i + d) / k) * before ** ((p + 2 * d) / k) * earlier ** (-d / k)
  return Math.min(maxFactor, Math.max(minFactor, factor))
}

/** The factor from a rejected step to the next try; minFactor if the error is not finite. */
export function shrinkage({ safety, minFactor }: StepControl, k: number, error: number): number {
  return Number.isFinite(error) ? Math.max(minFactor, safety * error ** (-1 / k)) : minFactor
}

export function checkControl(where: string, control: StepControl): void {
  for (const name of ['p', 'i', 'd'] as const) checkNumber(where, `control.${name}`, control[name])
  checkNumber(where, 'control.safety', control.safety, 0, 1)
  checkNumber(where, 'control.minFactor', control.minFactor, 0, 1)
  checkNumber(where, 'control.maxFactor', control.maxFactor, 1)
}
