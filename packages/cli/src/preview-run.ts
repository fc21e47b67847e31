import { createRng, drawNormal, oneHot } from '@rectified-flow/core'
import { encodePngGrid } from '@rectified-flow/datasets'
import { previewFlow, type SampleTrajectory, type Trainer } from '@rectified-flow/reflow'
import type { Preview } from '@rectified-flow/reflow/node'
import { edmVelocity, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import type { TrainConfig } from './train-config.js'

/** The name of the preview that shows sampling paths. */
export const TRAJECTORIES = 'trajectories'
const SHOWN_PATHS = 4

/** The previews of a run: samples in one step and in several, the paths of some of them, and how straight these are. */
export async function previewRun(
  net: UNet,
  trainer: Trainer,
  { seed, previewImages }: Pick<TrainConfig, 'seed' | 'previewImages'>,
): Promise<Preview> {
  const { imgResolution: side, inChannels: channels, labelDim } = net.config
  const scale = side < 64 ? 2 : 1
  const z = drawNormal(createRng(seed).fork('preview'), [previewImages, side, side, channels])
  const labels = labelDim > 0 ? rowLabels(previewImages, labelDim) : undefined
  const field = edmVelocity(net.withWeights(trainer.ema), labels ? { classLabels: labels } : {})
  const { samples, straightness, trajectory } = await previewFlow(field, z, { trajectories: SHOWN_PATHS })
  const { states, predictions } = trajectory!
  const paths = pathRows({ states, predictions })
  try {
    const images: Record<string, Uint8Array> = {}
    for (const { steps, x } of samples) images[`${steps}-step`] = await encodePngGrid(x, { scale })
    images[TRAJECTORIES] = await encodePngGrid(paths, { columns: states.length, scale })
    return { images, scalars: { straightness: straightness! } }
  } finally {
    tf.dispose([
      z,
      paths,
      ...states,
      ...predictions,
      ...samples.map(({ x }) => x),
      ...(labels ? [labels] : []),
    ])
  }
}

/**
 * Two rows per path: its N + 1 states, and under each the data that its velocity points to; under the last, itself.
 *
 * @returns  [B·2·(N + 1),H,W,C]
 */
export function pathRows({
  states,
  predictions,
}: Pick<SampleTrajectory, 'states' | 'predictions'>): tf.Tensor4D {
  return tf.tidy(() => {
    const last = states.at(-1) as tf.Tensor
    const rows = tf.stack([tf.stack(states, 1), tf.stack([...predictions, last], 1)], 1)
    return tf.reshape<tf.Rank.R4>(rows, [-1, ...(last.shape.slice(1) as [number, number, number])])
  })
}

function rowLabels(count: number, classes: number): tf.Tensor2D {
  return oneHot(
    Array.from({ length: count }, (_, i) => i % classes),
    classes,
  )
}
