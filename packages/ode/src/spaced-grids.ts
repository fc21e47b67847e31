import { checkInt, checkNumber, checkOptions } from '@rectified-flow/core'
import { checkGrid, uniformGrid } from './grid.js'
import { checkedLevels, type KarrasOptions, karrasNames } from './karras-levels.js'

type Span = readonly [start: number, end: number]

/**
 * EDM's noise levels, those of `karrasLevels`, as flow times t = σ/(1 + σ). It starts at σmax/(1 + σmax), just below 1.
 *
 * @param steps  intervals, including the last one to 0; >= 1
 */
export function karrasGrid(steps: number, options: KarrasOptions = {}): number[] {
  const where = 'ode.karrasGrid'
  checkOptions(where, options, karrasNames)
  return checked(
    where,
    checkedLevels(where, steps, options).map(sigma => sigma / (1 + sigma)),
  )
}

/**
 * Times start + (end - start) u^power with u evenly spaced: dense near the start if power > 1, near the end if power < 1.
 *
 * @param steps  intervals, >= 1
 * @param power  > 0
 */
export function polynomialGrid(steps: number, options: { power?: number; span?: Span } = {}): number[] {
  const where = 'ode.polynomialGrid'
  checkOptions<{ power?: number; span?: Span }>(where, options, { power: 'optional', span: 'optional' })
  const { power = 2, span = [1, 0] } = options
  checkInt(where, 'steps', steps, 1)
  checkNumber(where, 'power', power, Number.MIN_VALUE)
  checkGrid(where, 'span', span)
  const [start, end] = span
  const inner = uniformGrid(steps, [0, 1]).slice(1, -1)
  return checked(where, [start, ...inner.map(u => start + (end - start) * u ** power), end])
}

/**
 * Even times, shifted towards noise: t' = s t/(s t + 1 - t). Larger images need a larger s; Stable Diffusion 3 takes s = 3
 * at 1024².
 *
 * @param steps  intervals, >= 1
 * @param shift  s > 0: 1 leaves them even
 * @param span   within [0, 1]
 * @see Esser et al., Scaling rectified flow transformers, arXiv 2403.03206, equation 23
 */
export function shiftedGrid(steps: number, options: { shift?: number; span?: Span } = {}): number[] {
  const where = 'ode.shiftedGrid'
  checkOptions<{ shift?: number; span?: Span }>(where, options, { shift: 'optional', span: 'optional' })
  const { shift = 3, span = [1, 0] } = options
  checkInt(where, 'steps', steps, 1)
  checkNumber(where, 'shift', shift, Number.MIN_VALUE)
  checkGrid(where, 'span', span, [0, 1])
  return checked(
    where,
    uniformGrid(steps, span).map(t => (shift * t) / (shift * t + (1 - t))),
  )
}

/** Throw if rounding to float64 made two of the times equal. */
function checked(where: string, times: number[]): number[] {
  checkGrid(where, 'the grid', times)
  return times
}
