import { dataPrediction, type Field, noisePrediction, type OptionNames } from '@rectified-flow/core'
import { euler, integrate, type Method } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'

/** The state after a step. Its tensors are borrowed: clone a tensor to keep it. */
export interface SamplerState<X extends tf.Tensor = tf.Tensor> {
  /** State at time t, [B,...]. */
  x: X
  /** What the step's last velocity predicts [B,...]: the data for a sampler, the noise for an inversion. */
  prediction: X
  t: number
  /** Steps done, and below their total number. */
  step: number
  steps: number
  nfe: number
}

/** The option that every sampler has. */
export interface CompileOption {
  /** Run the field as one piece where the backend can (see `compile` of @rectified-flow/backends); true by default. */
  compile?: boolean
}

export const compileNames: OptionNames<CompileOption> = {
  compile: 'optional',
}

export interface Walk<X extends tf.Tensor> {
  field: Field<X>
  compile: boolean
  /** Makes the state at the first time, [B,...]. */
  start: () => X
  times: readonly number[]
  /** The method, given the first state. */
  method: (first: X) => Method
  /** What the predictions predict. */
  target: 'data' | 'noise'
}

/**
 * Yields one state after another. A step that ends at the target's time is an Euler step for every method, because a
 * velocity made from a denoiser has no value there.
 */
export function* walk<X extends tf.Tensor>({
  field,
  compile,
  start,
  times,
  method,
  target,
}: Walk<X>): Generator<SamplerState<X>, void, undefined> {
  const predict = target === 'data' ? dataPrediction : noisePrediction
  const first = tf.keep(tf.tidy(start)) // kept: a caller's tidy around its loop must not free it
  let prediction: tf.Tensor | undefined
  const velocity = compile ? compiledOnce(field) : field
  const watched: Field = (x, t) => {
    const v = velocity(x as X, t)
    prediction?.dispose()
    prediction = tf.keep(predict(x, v, t))
    return v
  }
  const inner = method(first)
  const end = target === 'data' ? 0 : 1
  const stepper: Method = {
    name: inner.name,
    order: inner.order,
    past: inner.past ?? 0,
    step: (field, x, t, tNext, past) => (tNext === end ? euler : inner).step(field, x, t, tNext, past),
  }
  try {
    for (const state of integrate(watched, first, { method: stepper, times }))
      yield { ...state, prediction } as SamplerState<X>
  } finally {
    first.dispose()
    prediction?.dispose()
  }
}

/** The last state of a walk. */
export function walkToEnd<X extends tf.Tensor>(
  walked: Walk<X>,
  onStep?: (state: SamplerState<X>) => void,
): { x: X; nfe: number } {
  let end: { x: X; nfe: number } | undefined
  for (const state of walk(walked)) {
    onStep?.(state)
    if (state.step === state.steps) end = { x: tf.clone(state.x), nfe: state.nfe }
  }
  return end! // defined, because a grid has at least one step
}

export interface SampleTrajectory<X extends tf.Tensor = tf.Tensor> {
  times: number[]
  /** States [B,...] at those times. */
  states: X[]
  /** What each step's last velocity predicts [B,...], one fewer than states: data for a sampler, noise for an inversion. */
  predictions: X[]
  nfe: number
}

/** Every state and prediction of a walk. */
export function walkTrajectory<X extends tf.Tensor>(walked: Walk<X>): SampleTrajectory<X> {
  const path: SampleTrajectory<X> = {
    times: [walked.times[0]!],
    states: [tf.tidy(walked.start)],
    predictions: [],
    nfe: 0,
  }
  try {
    for (const { x, prediction, t, nfe } of walk(walked)) {
      path.times.push(t)
      path.states.push(tf.clone(x))
      path.predictions.push(tf.clone(prediction))
      path.nfe = nfe
    }
  } catch (error) {
    tf.dispose([...path.states, ...path.predictions])
    throw error
  }
  return path
}
