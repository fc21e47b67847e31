import type { Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { planSampling, type SamplerOptions } from './sampler.js'
import { type SamplerState, type SampleTrajectory, walkToEnd, walkTrajectory } from './walk.js'

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
  return walkToEnd(planSampling('reflow.sample', field, z, options), onStep)
}

/**
 * As `sample`, with every state and data prediction on the way, from noise to data; all of them are the caller's to
 * dispose. The first state is the scaled noise.
 */
export function sampleTrajectory(field: Field, z: tf.Tensor, options: SamplerOptions = {}): SampleTrajectory {
  return walkTrajectory(planSampling('reflow.sampleTrajectory', field, z, options))
}
