import type { Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { planSampling, type SamplerOptions } from './sampler.js'
import { type SamplerState, type SampleTrajectory, walkToEnd, walkTrajectory } from './walk.js'

export type SampleOptions = SamplerOptions & {
  /** Called after each step. The tensors are borrowed. */
  onStep?: (state: SamplerState) => void
}

/**
 * Draw samples of a rectified flow: noise in, data out, by default in one step.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...]
 * @param z      standard normal noise [B,...]
 * @returns      samples [B,...], and the number of network calls for each
 */
export function sample(
  field: Field,
  z: tf.Tensor,
  { onStep, ...options }: SampleOptions = {},
): { x: tf.Tensor; nfe: number } {
  return walkToEnd(planSampling('reflow.sample', field, z, options), onStep)
}

/**
 * Like `sample`, with every state and data prediction from noise to data. The caller disposes of all of them. The first
 * state is the scaled noise.
 */
export function sampleTrajectory(field: Field, z: tf.Tensor, options: SamplerOptions = {}): SampleTrajectory {
  return walkTrajectory(planSampling('reflow.sampleTrajectory', field, z, options))
}
