import { compile } from '@rectified-flow/backends'
import { createRng, type Field, indexedNormal, oneHot } from '@rectified-flow/core'
import { attributesOfLogits, faceAttributes, faceClass } from '@rectified-flow/datasets/node'
import {
  type FeatureStatistics,
  featureStatistics,
  frechetDistance,
  type SmallResNet,
} from '@rectified-flow/eval-fid'
import { sample } from '@rectified-flow/reflow'
import { edmVelocity, type GuidanceOptions, guided, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'

const BATCH = 128

export interface Measured {
  /** Fréchet distance (face features) to faces that no network has seen. */
  frechet: number
  /** Share of the samples that show the hair, the glasses and the mouth of their class. */
  shown: number
}

/** A network, and what it is guided by: itself without labels, or another network with the same labels. */
export interface Model {
  net: UNet
  guide?: UNet
  options: GuidanceOptions
}

/** The velocity of a model for one-hot labels. With scale 1 nothing guides. */
export function velocityOf({ net, guide, options }: Model, classLabels: tf.Tensor2D): Field {
  const field = edmVelocity(net, { classLabels })
  if (options.scale === 1) return field
  return guided(field, guide ? edmVelocity(guide, { classLabels }) : edmVelocity(net), options)
}

/** Draw `count` faces, of classes as frequent as in the data, in this many Euler steps, and measure them. */
export async function measure(
  model: Model,
  {
    features,
    real,
    count,
    steps,
  }: { features: SmallResNet; real: FeatureStatistics; count: number; steps: number },
): Promise<Measured> {
  const classes = (await faceAttributes({ split: 'test', count })).map(faceClass)
  const { imgResolution: side, inChannels: channels, labelDim } = model.net.config
  // The whole sampler as one piece: each batch has other labels, and so another velocity.
  const draw = compile(
    (z: tf.Tensor4D, labels: tf.Tensor2D) =>
      sample(velocityOf(model, labels), z, { steps, compile: false }).x,
  )
  let right = 0
  async function* drawn() {
    for (let first = 0; first < count; first += BATCH) {
      const wanted = classes.slice(first, first + BATCH)
      const seeds = wanted.map((_, i) => first + i)
      const [x, logits] = tf.tidy(() => {
        const z = indexedNormal(createRng(0), seeds, [side, side, channels])
        const x = draw(z, oneHot(wanted, labelDim))
        return [x, features.logits(x)] as const
      })
      const shown = await attributesOfLogits(logits)
      logits.dispose()
      right += shown.filter((face, i) => faceClass(face) === wanted[i]).length
      yield x
    }
  }
  const statistics = await featureStatistics(features, drawn())
  draw.dispose()
  return { frechet: frechetDistance(statistics, real), shown: right / count }
}
