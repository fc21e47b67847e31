import { checkOptions, type Field, type OptionNames } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { planSampling, type SamplerOptions, samplerNames } from './sampler.js'
import { type SamplerState, type SampleTrajectory, walkToEnd, walkTrajectory } from './walk.js'

export type SampleOptions<X extends tf.Tensor = tf.Tensor> = SamplerOptions & {
  /** Called after each step. The tensors are borrowed. */
  onStep?: (state: SamplerState<X>) => void
}

const sampleNames: OptionNames<SampleOptions> = { ...samplerNames, onStep: 'optional' }

/**
 * Draw samples of a rectified flow: noise in, data out, by default in one step.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...]
 * @param z      standard normal noise [B,...]
 * @returns      samples [B,...], and the number of network calls for each
 */
export function sample<X extends tf.Tensor>(
  field: Field<X>,
  z: X,
  options: SampleOptions<X> = {},
): { x: X; nfe: number } {
  checkOptions('reflow.sample', options, sampleNames)
  const { onStep, ...rest } = options
  return walkToEnd(planSampling('reflow.sample', field, z, rest), onStep)
}

/**
 * Like `sample`, with every state and data prediction from noise to data. The caller disposes of all of them. The first
 * state is the scaled noise.
 */
export function sampleTrajectory<X extends tf.Tensor>(
  field: Field<X>,
  z: X,
  options: SamplerOptions = {},
): SampleTrajectory<X> {
  checkOptions('reflow.sampleTrajectory', options, samplerNames)
  return walkTrajectory(planSampling('reflow.sampleTrajectory', field, z, options))
}
