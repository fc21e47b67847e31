import {
  checkFunction,
  checkInt,
  checkKind,
  checkNumber,
  describe,
  type OptionNames,
} from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { checkGrid } from './grid.js'
import type { AdaptiveMethod } from './implicit-pair.js'
import { dopri5 } from './methods/dopri5.js'
import { checkControl, integralControl, type StepControl } from './step-control.js'

/** A function of the state. The solve ends where the function crosses zero. */
export interface SolverEvent<X, T, Value> {
  /** x and t are borrowed. Returns one number; with `perSample` one per sample, [B]. */
  value: (x: X, t: T) => Value
  /** 1: only where value rises along the solve; -1: only where it falls; 0, the default: both. */
  direction?: -1 | 0 | 1
  /** How close to the crossing the solve ends, in time: 1e-6 of the span by default. */
  tolerance?: number
}

/** Where an adaptive solver is after a step. */
export interface AdaptiveState<X> {
  /** Borrowed: freed when the next step is done (clone to keep). With `perSample` each sample is at its own time. */
  x: X
  /** The time that every sample has reached. */
  t: number
  /** One time for the whole batch, or one per sample with `perSample`. */
  times: readonly number[]
  nfe: number
  accepted: number
  rejected: number
}

/** The options of all adaptive solvers, for any kind of state. */
export interface AdaptiveStepOptions<X> {
  /** dopri5 by default. */
  method?: AdaptiveMethod
  /** [1, 0] by default: from noise to data. */
  span?: readonly [start: number, end: number]
  control?: StepControl
  /** Size of the first step. By default Hairer's rule chooses it, with 1 field call. */
  firstStep?: number
  /** 0 by default. */
  minStep?: number
  /** Infinity by default. */
  maxStep?: number
  /** How many steps to try, for the whole batch or for any one sample, before giving up: 10000 by default. */
  maxSteps?: number
  /**
   * true: where the solve can't go on, it ends with the last state that meets the tolerances, and `ends` say why and where. With
   * `perSample` the other samples go on. By default it throws a `SolverError`.
   */
  returnOnLimit?: boolean
  onStep?: (state: AdaptiveState<X>) => void
  signal?: AbortSignal
}

export const adaptiveStepNames: OptionNames<AdaptiveStepOptions<never>> = {
  method: 'optional',
  span: 'optional',
  control: 'optional',
  firstStep: 'optional',
  minStep: 'optional',
  maxStep: 'optional',
  maxSteps: 'optional',
  returnOnLimit: 'optional',
  onStep: 'optional',
  signal: 'optional',
}

export interface AdaptiveOptions extends AdaptiveStepOptions<tf.Tensor> {
  /** Relative tolerance, a number or a tensor that broadcasts to x; 1e-3 by default. */
  rtol?: number | tf.Tensor
  /** Absolute tolerance, a number or a tensor that broadcasts to x; 1e-6 by default. */
  atol?: number | tf.Tensor
  /** true: each sample has its own steps, its own error norm and its own end. By default the batch shares them. */
  perSample?: boolean
  event?: SolverEvent<tf.Tensor, tf.Tensor1D, tf.Tensor>
}

export const adaptiveNames: OptionNames<AdaptiveOptions> = {
  ...adaptiveStepNames,
  rtol: 'optional',
  atol: 'optional',
  perSample: 'optional',
  event: 'optional',
}

/** The options with their defaults, checked. */
export function stepOptions<X>(where: string, options: AdaptiveStepOptions<X>) {
  const {
    method = dopri5,
    span = [1, 0],
    control = integralControl,
    firstStep,
    minStep = 0,
    maxStep = Number.POSITIVE_INFINITY,
    maxSteps = 10_000,
    returnOnLimit = false,
    onStep,
    signal,
  } = options
  if (!Array.isArray(method?.errors))
    throw new TypeError(`${where}: method must be an embedded pair such as dopri5, got ${describe(method)}.`)
  checkGrid(where, 'span', span)
  checkControl(where, control)
  checkNumber(where, 'minStep', minStep, 0)
  if (!(maxStep > 0 && maxStep >= minStep))
    throw new RangeError(`${where}: maxStep must be a positive number >= minStep, got ${describe(maxStep)}.`)
  if (firstStep !== undefined && !(firstStep > 0 && firstStep < Number.POSITIVE_INFINITY))
    throw new RangeError(`${where}: firstStep must be a positive number, got ${describe(firstStep)}.`)
  checkInt(where, 'maxSteps', maxSteps, 1)
  if (onStep !== undefined) checkFunction(where, 'onStep', onStep)
  if (signal !== undefined) checkKind(where, 'signal', signal, 'an AbortSignal', ['throwIfAborted'])
  return { method, span, control, firstStep, minStep, maxStep, maxSteps, returnOnLimit, onStep, signal }
}

/** Throw if a tolerance is a number below 0, or if both are 0: an error is divided by them. */
export function checkTolerances(where: string, rtol: unknown, atol: unknown): void {
  for (const [name, value] of Object.entries({ rtol, atol }))
    if (typeof value === 'number' && !(value >= 0))
      throw new RangeError(`${where}: ${name} must be a number >= 0, got ${value}.`)
  if (rtol === 0 && atol === 0)
    throw new RangeError(`${where}: atol must be a number > 0 if rtol is 0, got 0.`)
}
