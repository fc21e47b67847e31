import type { Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { sample, sampleTrajectory } from './sample.js'
import { straightness } from './straightness.js'
import type { SampleTrajectory } from './walk.js'

export interface PreviewOptions {
  /** Steps of the samples: a flow that was straightened needs few. */
  steps?: readonly number[]
  /** Steps of the paths whose straightness is measured; 0 for none. */
  straightnessSteps?: number
  /** Noises whose whole paths are given, from the first on; none unless told. */
  trajectories?: number
}

/** What a flow makes of some noise. */
export interface FlowPreview {
  /** Samples [B,H,W,C] by their number of steps, the caller's to dispose. */
  samples: { steps: number; x: tf.Tensor4D }[]
  /** Mean over the noises; absent where it wasn't asked for. */
  straightness?: number
  /** The paths that straightness was measured on, of the noises asked for: [trajectories,H,W,C] each, the caller's to dispose. */
  trajectory?: SampleTrajectory
}

/**
 * Samples in one step and in several, and how straight the paths are: what to look at while a flow trains. Give it the
 * averaged weights, `net.withWeights(trainer.ema)`, and the same noise every time.
 *
 * @param z  noise [B,H,W,C]
 */
export async function previewFlow(
  field: Field,
  z: tf.Tensor4D,
  { steps = [1, 2, 4], straightnessSteps = 8, trajectories = 0 }: PreviewOptions = {},
): Promise<FlowPreview> {
  const samples = steps.map(n => ({ steps: n, x: sample(field, z, { steps: n }).x as tf.Tensor4D }))
  if (straightnessSteps === 0) return { samples }
  const path = sampleTrajectory(field, z, { steps: straightnessSteps })
  const bend = tf.tidy(() => tf.mean(straightness(path.states)))
  const first = (x: tf.Tensor) => tf.slice(x, 0, Math.min(trajectories, z.shape[0]))
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
