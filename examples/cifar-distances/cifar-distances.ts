import { createRng, drawNormal } from '@rectified-flow/core'
import type { ImageDataset } from '@rectified-flow/datasets'
import { FeatureStatistics, featureStatistics, frechetDistance } from '@rectified-flow/eval-fid'
import { readCifarFeatures } from '@rectified-flow/eval-fid/node'
import * as tf from '@tensorflow/tfjs-core'

/** Standard deviations of the noise that is added to images in [-1,1]. */
export const noiseLevels = [0.1, 0.15, 0.2, 0.3, 0.4]

export interface CifarDistances {
  trainToTest: number
  /** Between the odd and the even images of the training set. */
  betweenHalves: number
  /** From the training images to the test images with noise of each level added, clipped to [-1,1]. */
  withNoise: number[]
}

interface Share {
  /** Only the first `count` images are used. */
  count: number
  first?: number
  stride?: number
  noise?: number
}

/** Every `stride`-th image, beginning with image `first`, in batches of up to 500; `noise` times normal noise is added. */
function* batches(
  data: ImageDataset,
  { count, first = 0, stride = 1, noise = 0 }: Share,
): Generator<tf.Tensor4D> {
  const rng = createRng(0)
  for (let i = first; i < count; i += 500 * stride) {
    const indices = Array.from({ length: 500 }, (_, k) => i + k * stride).filter(index => index < count)
    yield tf.tidy(() => {
      const { x } = data.batch(indices)
      const z = drawNormal(rng.fork(i), x.shape)
      return tf.clipByValue(tf.add(x, tf.mul(z, noise)), -1, 1) as tf.Tensor4D
    })
  }
}

/** Fréchet distances (CIFAR features) between the first `count` images of each set, also with noise on the test images. */
export async function cifarDistances(
  train: ImageDataset,
  test: ImageDataset,
  count: number,
): Promise<CifarDistances> {
  const features = await readCifarFeatures()
  const halves = [
    await featureStatistics(features, batches(train, { count, stride: 2 })),
    await featureStatistics(features, batches(train, { count, first: 1, stride: 2 })),
  ] as const
  const whole = new FeatureStatistics(features.dim)
  for (const half of halves) whole.merge(half)
  const toTrain = async (noise: number) => {
    const statistics = await featureStatistics(features, batches(test, { count, noise }))
    return frechetDistance(whole, statistics)
  }
  const trainToTest = await toTrain(0)
  const withNoise: number[] = []
  for (const level of noiseLevels) withNoise.push(await toTrain(level))
  features.dispose()
  return {
    trainToTest,
    betweenHalves: frechetDistance(halves[0], halves[1]),
    withNoise,
  }
}
