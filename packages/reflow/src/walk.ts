import { dataPrediction, type Field, noisePrediction } from '@rectified-flow/core'
import { euler, integrate, type Method } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'

/** The state after a step. Its tensors are borrowed: clone a tensor to keep it. */
export interface SamplerState {
  /** State at time t, [B,...]. */
  x: tf.Tensor
  /** What the step's last velocity predicts [B,...]: the data for a sampler, the noise for an inversion. */
  prediction: tf.Tensor
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

export interface Walk {
  field: Field
  compile: boolean
  /** Makes the state at the first time, [B,...]. */
  start: () => tf.Tensor
  times: readonly number[]
  /** The method, given the first state. */
  method: (first: tf.Tensor) => Method
  /** What the predictions predict. */
  target: 'data' | 'noise'
}

/**
 * Yields one state after another. A step that ends at the target's time is an Euler step for every method, because a
 * velocity made from a denoiser has no value there.
 */
export function* walk({
  field,
  compile,
  start,
  times,
  method,
  target,
}: Walk): Generator<SamplerState, void, undefined> {
  const predict = target === 'data' ? dataPrediction : noisePrediction
  const first = tf.keep(tf.tidy(start)) // kept: a caller's tidy around its loop must not free it
  let prediction: tf.Tensor | undefined
  const velocity = compile ? compiledOnce(field) : field
  const watched: Field = (x, t) => {
    const v = velocity(x, t)
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
      yield { ...state, prediction: prediction! }
  } finally {
    first.dispose()
    prediction?.dispose()
  }
}

/** The last state of a walk. */
export function walkToEnd(
  walked: Walk,
  onStep?: (state: SamplerState) => void,
): { x: tf.Tensor; nfe: number } {
  let end: { x: tf.Tensor; nfe: number } | undefined
  for (const state of walk(walked)) {
    onStep?.(state)
    if (state.step === state.steps) end = { x: tf.clone(state.x), nfe: state.nfe }
  }
  return end! // defined, because a grid has at least one step
}

export interface SampleTrajectory {
  times: number[]
  /** States [B,...] at those times. */
  states: tf.Tensor[]
  /** What each step's last velocity predicts [B,...], one fewer than states: data for a sampler, noise for an inversion. */
  predictions: tf.Tensor[]
  nfe: number
}

/** Every state and prediction of a walk. */
export function walkTrajectory(walked: Walk): SampleTrajectory {
  const path: SampleTrajectory = {
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
