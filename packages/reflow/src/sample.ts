import type { Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type SamplerOptions, type SamplerState, START_TIME, sampler } from './sampler.js'

export type SampleOptions = SamplerOptions & {
  /** Called after each step; what it gets is borrowed. */
  onStep?: (state: SamplerState) => void
}

/**
 * Samples of a rectified flow: noise in, data out, in one step unless told.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...]
 * @param z      standard normal noise [B,...]
 * @returns      samples [B,...], and the network calls spent on each
 */
export function sample(
  field: Field,
  z: tf.Tensor,
  { onStep, ...options }: SampleOptions = {},
): { x: tf.Tensor; nfe: number } {
  let end: { x: tf.Tensor; nfe: number } | undefined
  for (const state of sampler(field, z, options)) {
    onStep?.(state)
    if (state.step === state.steps) end = { x: tf.clone(state.x), nfe: state.nfe }
  }
  return end as { x: tf.Tensor; nfe: number } // a grid has at least one step
}

export interface SampleTrajectory {
  /** Times of the states, from noise to data. */
  times: number[]
  /** States [B,...] at those times; the first is the scaled noise. */
  states: tf.Tensor[]
  /** The data prediction of each step, one fewer than states. */
  predictions: tf.Tensor[]
  nfe: number
}

/** As `sample`, with every state and data prediction on the way; all of them are the caller's to dispose. */
export function sampleTrajectory(field: Field, z: tf.Tensor, options: SamplerOptions = {}): SampleTrajectory {
  const first = options.times?.[0] ?? START_TIME
  const path: SampleTrajectory = { times: [first], states: [tf.mul(z, first)], predictions: [], nfe: 0 }
  try {
    for (const { x, prediction, t, nfe } of sampler(field, z, options)) {
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
