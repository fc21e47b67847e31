import {
  checkInt,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkTensor,
  type Field,
  type OptionNames,
} from '@rectified-flow/core'
import { euler, heun, type Method, uniformGrid } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { checkOneGrid, checkSolver, checkTimes } from './internal/check-options.js'
import { reinterpolate } from './internal/reinterpolate.js'
import { type CompileOption, compileNames, type SamplerState, type Walk, walk } from './walk.js'

/** The time where sampling starts: at t = 1 the networks' input scale is singular. */
export const START_TIME = 1 - 1e-5

/** The grid of the paper's 2-step samples. */
export const TWO_STEP_GRID: readonly number[] = [START_TIME, 0.8, 0]

export interface SamplerOptions extends CompileOption {
  /** Intervals of a uniform grid from t = 1 to endTime; 1 by default. */
  steps?: number
  /** The grid's first time, in place of 1; START_TIME, as in the reference. */
  startTime?: number
  /** The grid's last time; 0. With a time above 0, such as 1e-5, the last step uses the method too. */
  endTime?: number
  /** Your own grid in place of the uniform one: falling times in [0, 1]. */
  times?: readonly number[]
  /** The first state is noiseScale z; START_TIME, as in the reference. With 1, z may be a state at times[0]. */
  noiseScale?: number
  method?: Method
  /**
   * How a step makes the next state from its data prediction x'. 'euler' follows the velocity. 'reinterpolate' goes to
   * (1 - t') x' + t' z with the initial noise z (the paper's "new" rule, section 4). Both are the same below 3 network
   * calls; on straightened flows 'reinterpolate' is better up to about 5.
   */
  rule?: 'euler' | 'reinterpolate'
}

export const samplerNames: OptionNames<SamplerOptions> = {
  ...compileNames,
  steps: 'optional',
  startTime: 'optional',
  endTime: 'optional',
  times: 'optional',
  noiseScale: 'optional',
  method: 'optional',
  rule: 'optional',
}

/**
 * Sample one step at a time, as a generator: your loop decides what happens between steps, and may wait there. A step that
 * ends at t = 0 is an Euler step for every method, because a velocity made from a denoiser has no value there.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...]
 * @param z      standard normal noise [B,...]
 */
export function sampler<X extends tf.Tensor>(
  field: Field<X>,
  z: X,
  options: SamplerOptions = {},
): Generator<SamplerState<X>, void, undefined> {
  checkOptions('reflow.sampler', options, samplerNames)
  return walk(planSampling('reflow.sampler', field, z, options))
}

/** Check the options that all samplers share, and plan the walk; `where` names the function that the user called. */
export function planSampling<X extends tf.Tensor>(
  where: string,
  field: Field<X>,
  z: X,
  { method = euler, rule = 'euler', noiseScale = START_TIME, compile = true, ...grid }: SamplerOptions,
): Walk<X> {
  checkSolver(where, field, method)
  checkTensor(where, 'z', z, ['B', '...'])
  checkNumber(where, 'noiseScale', noiseScale)
  checkOneOf(where, 'rule', rule, ['euler', 'reinterpolate'])
  if (rule === 'reinterpolate' && method !== euler && method !== heun)
    throw new RangeError(
      `${where}: method must be euler or heun with rule 'reinterpolate', got ${method.name}.`,
    )
  const times = gridOf(where, grid)
  return {
    field,
    compile,
    start: () => tf.mul(z, noiseScale),
    times,
    method: first => (rule === 'euler' ? method : reinterpolate(first, method === heun)),
    target: 'data',
  }
}

function gridOf(
  where: string,
  { times, ...uniform }: Pick<SamplerOptions, 'steps' | 'startTime' | 'endTime' | 'times'>,
): readonly number[] {
  checkOneGrid(where, times, uniform)
  const { steps = 1, startTime = START_TIME, endTime = 0 } = uniform
  checkInt(where, 'steps', steps, 1)
  checkNumber(where, 'endTime', endTime, 0, 1)
  const grid = times ?? [startTime, ...uniformGrid(steps, [1, endTime]).slice(1)]
  checkTimes(where, grid, 'falling')
  return grid
}
