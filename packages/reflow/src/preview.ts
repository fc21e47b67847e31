import { batchOf, checkKind, checkOptions, type Field, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { sample, sampleTrajectory } from './sample.js'
import { straightness } from './straightness.js'
import type { SampleTrajectory } from './walk.js'

export interface PreviewOptions {
  /** Numbers of steps to draw samples with; a straightened flow needs few steps. */
  steps?: readonly number[]
  /** Steps of the paths whose straightness is measured; 0 for none. */
  straightnessSteps?: number
  /** Of how many noises to return the whole paths, from the first on; none by default. */
  trajectories?: number
}

const previewNames: OptionNames<PreviewOptions> = {
  steps: 'optional',
  straightnessSteps: 'optional',
  trajectories: 'optional',
}

/** What a flow makes from some noise. */
export interface FlowPreview<X extends tf.Tensor = tf.Tensor> {
  /** Samples [B,...] for each number of steps; the caller disposes of them. */
  samples: { steps: number; x: X }[]
  /** Mean straightness over the noises; absent if it was not measured. */
  straightness?: number
  /** The paths of the first `trajectories` noises, each tensor [trajectories,...]; the caller disposes of them. */
  trajectory?: SampleTrajectory<X>
}

/**
 * Draw samples in one step and in several, and measure how straight the paths are, to watch a flow in training. Use the
 * averaged weights, `net.withWeights(trainer.ema)`, and the same noise every time.
 *
 * @param z  noise [B,...]
 */
export async function previewFlow<X extends tf.Tensor>(
  field: Field<X>,
  z: X,
  options: PreviewOptions = {},
): Promise<FlowPreview<X>> {
  checkOptions('reflow.previewFlow', options, previewNames)
  const { steps = [1, 2, 4], straightnessSteps = 8, trajectories = 0 } = options
  checkKind('reflow.previewFlow', 'steps', steps, 'a list of step counts', ['map'])
  const samples = steps.map(n => ({ steps: n, x: sample(field, z, { steps: n }).x }))
  if (straightnessSteps === 0) return { samples }
  const path = sampleTrajectory(field, z, { steps: straightnessSteps })
  const bend = tf.tidy(() => tf.mean(straightness(path.states)))
  const first = (x: X): X => tf.slice(x, 0, Math.min(trajectories, batchOf(z)))
  try {
    return {
      samples,
      straightness: (await bend.data())[0]!,
      ...(trajectories > 0 && {
        trajectory: { ...path, states: path.states.map(first), predictions: path.predictions.map(first) },
      }),
    }
  } finally {
    tf.dispose([bend, ...path.states, ...path.predictions])
  }
}
