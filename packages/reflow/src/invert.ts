import {
  checkInt,
  checkOptions,
  checkTensor,
  type Field,
  interpolate,
  type OptionNames,
} from '@rectified-flow/core'
import { euler, type Method, uniformGrid } from '@rectified-flow/ode'
import type * as tf from '@tensorflow/tfjs-core'
import { checkOneGrid, checkSolver, checkTimes } from './internal/check-options.js'
import {
  type CompileOption,
  compileNames,
  type SamplerState,
  type SampleTrajectory,
  type Walk,
  walkToEnd,
  walkTrajectory,
} from './walk.js'

/** The time where inversion starts, close to the data: a velocity made from a denoiser has no value at t = 0. */
export const INVERSION_START = 1e-3

export interface InvertOptions<X extends tf.Tensor = tf.Tensor> extends CompileOption {
  /** Standard normal noise [B,...]. The first state holds a little of it: (1 - s) x + s noise at the first time s. */
  noise: X
  /** Intervals of a uniform grid from t = 0 to 1; 4 by default. */
  steps?: number
  /** The grid's first time, in place of 0; INVERSION_START, as in the reference. */
  startTime?: number
  /** Your own grid in place of the uniform one: rising times in [0, 1]. */
  times?: readonly number[]
  method?: Method
  /** Called after each step. The prediction is a prediction of the noise. The tensors are borrowed. */
  onStep?: (state: SamplerState<X>) => void
}

const invertTrajectoryNames: OptionNames<Omit<InvertOptions, 'onStep'>> = {
  ...compileNames,
  noise: 'required',
  steps: 'optional',
  startTime: 'optional',
  times: 'optional',
  method: 'optional',
}
const invertNames: OptionNames<InvertOptions> = { ...invertTrajectoryNames, onStep: 'optional' }

/**
 * Find the noise from which a flow makes these data, by following the sampler's path backward (Lee et al., arXiv 2405.20320,
 * section 5.3). On straightened flows a few steps are enough. A step that ends at t = 1 is an Euler step for every method.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...]
 * @param x      data [B,...]
 * @returns      z [B,...], close to standard normal if x is like the flow's data, and the number of network calls
 */
export function invert<X extends tf.Tensor>(
  field: Field<X>,
  x: X,
  options: InvertOptions<X>,
): { z: X; nfe: number } {
  checkOptions('reflow.invert', options, invertNames)
  const { onStep, ...rest } = options
  const { x: z, nfe } = walkToEnd(planInversion('reflow.invert', field, x, rest), onStep)
  return { z, nfe }
}

/** Like `invert`, with every state and noise prediction from data to noise. The caller disposes of all of them. */
export function invertTrajectory<X extends tf.Tensor>(
  field: Field<X>,
  x: X,
  options: Omit<InvertOptions<X>, 'onStep'>,
): SampleTrajectory<X> {
  checkOptions('reflow.invertTrajectory', options, invertTrajectoryNames)
  return walkTrajectory(planInversion('reflow.invertTrajectory', field, x, options))
}

function planInversion<X extends tf.Tensor>(
  where: string,
  field: Field<X>,
  x: X,
  { noise, method = euler, times, compile = true, ...uniform }: Omit<InvertOptions<X>, 'onStep'>,
): Walk<X> {
  checkSolver(where, field, method)
  checkTensor(where, 'x', x, ['B', '...'])
  checkTensor(where, 'noise', noise, x.shape)
  checkOneGrid(where, times, uniform)
  const { steps = 4, startTime = INVERSION_START } = uniform
  checkInt(where, 'steps', steps, 1)
  const grid = times ?? [startTime, ...uniformGrid(steps, [0, 1]).slice(1)]
  checkTimes(where, grid, 'rising')
  const s = grid[0]!
  const start = () => interpolate(x, noise, s)
  return { field, compile, start, times: grid, method: () => method, target: 'noise' }
}
