import { dataPrediction, type Field, noisePrediction } from '@rectified-flow/core'
import { euler, integrate, type Method } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'

/** What is known after a step. Tensors are borrowed: clone to keep. */
export interface SamplerState {
  /** State at time t, [B,...]. */
  x: tf.Tensor
  /** Where the step's last velocity pointed to [B,...]: the data of a sampler, the noise of an inversion. */
  prediction: tf.Tensor
  t: number
  /** Steps done, of how many. */
  step: number
  steps: number
  nfe: number
}

/** What every sampler takes. */
export interface CompileOption {
  /** Run the field as one piece where the backend can (see `compile` of @rectified-flow/backends); true unless told. */
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
  /** What predictions are of. */
  target: 'data' | 'noise'
}

/**
 * One state after another. A step that ends at the target's time is an Euler step whatever the method: a velocity made
 * from a denoiser has no value there.
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
  const first = tf.keep(tf.tidy(start)) // a loop over the states may run inside of someone's tidy
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
  return end! // a grid has at least one step
}

export interface SampleTrajectory {
  times: number[]
  /** States [B,...] at those times. */
  states: tf.Tensor[]
  /** What each step's last velocity pointed to [B,...], one fewer than states: data of a sampler, noise of an inversion. */
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
