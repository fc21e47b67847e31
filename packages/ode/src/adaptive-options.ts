import { checkInt, checkNumber, describe } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { EmbeddedPair } from './embedded-pair.js'
import { checkGrid } from './grid.js'
import { dopri5 } from './methods/dopri5.js'
import { checkControl, integralControl, type StepControl } from './step-control.js'

/** A function of the state that ends the solve where it crosses zero. */
export interface SolverEvent<X, T, Value> {
  /** x and t are borrowed. One number; with `perSample` one per sample, [B]. */
  value: (x: X, t: T) => Value
  /** Only where value rises (1) or falls (-1) along the solve; both (0) unless told. */
  direction?: -1 | 0 | 1
  /** How close to the crossing, in time: 1e-6 of the span unless told. */
  tolerance?: number
}

/** Where an adaptive solver is after a step. */
export interface AdaptiveState<X> {
  /** Borrowed: freed when the next step is done (clone to keep). With `perSample` each sample at its own time. */
  x: X
  /** The time that every sample has reached. */
  t: number
  /** The time of the whole, or of each sample with `perSample`. */
  times: readonly number[]
  nfe: number
  accepted: number
  rejected: number
}

/** What adaptive solvers share, whatever the state is. */
export interface AdaptiveStepOptions<X> {
  /** dopri5 unless told. */
  method?: EmbeddedPair
  /** [1, 0] unless told: from noise to data. */
  span?: readonly [start: number, end: number]
  control?: StepControl
  /** Size of the first step; chosen by Hairer's rule, with 1 call, unless told. */
  firstStep?: number
  /** 0 unless told. */
  minStep?: number
  /** Infinity unless told. */
  maxStep?: number
  /** Steps tried, for the whole or for any sample, before giving up: 10000 unless told. */
  maxSteps?: number
  onStep?: (state: AdaptiveState<X>) => void
  signal?: AbortSignal
}

export interface AdaptiveOptions extends AdaptiveStepOptions<tf.Tensor> {
  /** Relative tolerance, a number or a tensor that broadcasts to x; 1e-3 unless told. */
  rtol?: number | tf.Tensor
  /** Absolute tolerance, likewise; 1e-6 unless told. */
  atol?: number | tf.Tensor
  /** Each sample its own steps, its own error norm and its own end; one of all unless told. */
  perSample?: boolean
  event?: SolverEvent<tf.Tensor, tf.Tensor1D, tf.Tensor>
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
  return { method, span, control, firstStep, minStep, maxStep, maxSteps, onStep, signal }
}

/** Throw unless tolerances that are numbers are positive enough to divide by. */
export function checkTolerances(where: string, rtol: unknown, atol: unknown): void {
  for (const [name, value] of Object.entries({ rtol, atol }))
    if (typeof value === 'number' && !(value >= 0))
      throw new RangeError(`${where}: ${name} must be a number >= 0, got ${value}.`)
  if (rtol === 0 && atol === 0)
    throw new RangeError(`${where}: atol must be a number > 0 where rtol is 0, got 0.`)
}
