import { compile } from '@rectified-flow/backends'
import { createRng, type Field, indexedNormal, oneHot } from '@rectified-flow/core'
import { batches } from '@rectified-flow/datasets'
import {
  type FeatureStatistics,
  featureStatistics,
  frechetDistance,
  type SmallResNet,
} from '@rectified-flow/eval-fid'
import { sample } from '@rectified-flow/reflow'
import { edmVelocity, guided, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import type { Run } from './networks.js'
import type { Row } from './rows.js'

const BATCH = 128

export interface Measured {
  /** Fréchet distance between features of samples and of images that no network has seen. */
  frechet: number
  /** Share of the samples that show their class. */
  shown: number
}

/** The network that judges, and what it says of the test images. */
export interface Judge {
  features: SmallResNet
  real: FeatureStatistics
}

export async function judgeOf({ subject, settings: { testImages } }: Run): Promise<Judge> {
  const features = await subject.features()
  const images = await subject.read('test', testImages)
  const chosen = Array.from({ length: Math.min(testImages, images.count) }, (_, i) => i)
  return { features, real: await featureStatistics(features, batches(images, { order: chosen })) }
}

/** The velocity of a row for one-hot labels. With scale 1 nothing guides. */
export function velocityOf(
  { guide: by, options }: Row,
  teacher: UNet,
  guide: UNet,
  classLabels: tf.Tensor2D,
): Field {
  const field = edmVelocity(by === 'alone' ? guide : teacher, { classLabels })
  if (options.scale === 1) return field
  return guided(field, by === 'smaller' ? edmVelocity(guide, { classLabels }) : edmVelocity(teacher), options)
}

/** Draw samples of a row and measure them. */
export async function measure(
  row: Row,
  { teacher, guide }: { teacher: UNet; guide: UNet },
  { features, real }: Judge,
  { subject, seed, settings: { samples, steps } }: Run,
): Promise<Measured> {
  const classes = await subject.classes(samples)
  const { imgResolution: side, inChannels: channels, labelDim } = teacher.config
  // The whole sampler as one piece: each batch has other labels, and so another velocity.
  const draw = compile(
    (z: tf.Tensor4D, labels: tf.Tensor2D) =>
      sample(velocityOf(row, teacher, guide, labels), z, { steps, compile: false }).x,
  )
  let right = 0
  async function* drawn() {
    for (let first = 0; first < samples; first += BATCH) {
      const wanted = classes.slice(first, first + BATCH)
      const indices = wanted.map((_, i) => first + i)
      const [x, logits] = tf.tidy(() => {
        const z = indexedNormal(createRng(seed).fork('evaluation'), indices, [side, side, channels])
        const x = draw(z, oneHot(wanted, labelDim))
        return [x, features.logits(x)] as const
      })
      const shown = await subject.shown(logits)
      logits.dispose()
      right += shown.filter((found, i) => found === wanted[i]).length
      yield x
    }
  }
  const statistics = await featureStatistics(features, drawn())
  draw.dispose()
  return { frechet: frechetDistance(statistics, real), shown: right / samples }
}
