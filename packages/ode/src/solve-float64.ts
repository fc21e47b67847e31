import { checkOptions, describe, type OptionNames } from '@rectified-flow/core'
import {
  type AdaptiveStepOptions,
  adaptiveStepNames,
  checkTolerances,
  type SolverEvent,
  stepOptions,
} from './adaptive-options.js'
import { type SolverStatistics, statistics, told } from './internal/adaptive.js'
import { advance } from './internal/advance.js'
import { watchOf } from './internal/crossing.js'
import { float64Space } from './internal/float64-space.js'

export interface Float64Options extends AdaptiveStepOptions<Float64Array> {
  /** Relative tolerance, one number or one per number of x; 1e-3 by default. */
  rtol?: number | ArrayLike<number>
  /** Absolute tolerance, one number or one per number of x; 1e-6 by default. */
  atol?: number | ArrayLike<number>
  event?: SolverEvent<Float64Array, number, number>
}

const float64Names: OptionNames<Float64Options> = {
  ...adaptiveStepNames,
  rtol: 'optional',
  atol: 'optional',
  event: 'optional',
}

export type Float64Solution = SolverStatistics & { x: Float64Array }

/**
 * `solveAdaptive` in float64 on the host, for a few numbers that need more than float32's seven digits. It takes the same
 * kind of steps, and `rtol` may be as small as 1e-12.
 *
 * @param field  x and t to dx/dt, as many numbers as x has; x is borrowed
 * @param x      state at span[0]
 */
export async function solveFloat64(
  field: (x: Float64Array, t: number) => ArrayLike<number>,
  x: ArrayLike<number>,
  options: Float64Options = {},
): Promise<Float64Solution> {
  const where = 'ode.solveFloat64'
  checkOptions(where, options, float64Names)
  const { rtol = 1e-3, atol = 1e-6, event, ...rest } = options
  if (typeof field !== 'function')
    throw new TypeError(`${where}: field must be a function, got ${describe(field)}.`)
  if (!(x?.length > 0))
    throw new RangeError(`${where}: x must be an array of at least 1 number, got ${describe(x)}.`)
  checkTolerances(where, rtol, atol)
  const { onStep, ...checked } = stepOptions<Float64Array>(where, rest)
  const space = float64Space(where, { field, rtol, atol, event: event?.value })
  const run = { ...checked, onStep: undefined, watch: watchOf(where, event, checked.span) }
  let solution: Float64Solution | undefined
  for await (const step of told(advance(where, space, Float64Array.from(x), run), onStep))
    if (step.lanes.every(lane => lane.done)) solution = { x: step.x.slice(), ...statistics(step) }
  return solution! // a span has at least one step
}
