import { createRng, indexedNormal } from '@rectified-flow/core'
import { FeatureStatistics, featureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'
import { readSmallDigitFeatures } from '@rectified-flow/eval-fid/node'
import { START_TIME, sample } from '@rectified-flow/reflow'
import { alongGrid } from '@rectified-flow/reflow/objectives'
import { edmAverageVelocity, edmVelocity, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { digits, SHAPE } from './digits.js'
import { EDGE } from './rows.js'
import type { Run } from './settings.js'

/** Fréchet distance between features of samples and of test images, by number of network calls. */
export type Distances = Record<number, number>

const BATCH = 128
const SECOND = 0.8 // the time of the second of two steps, as in the paper

export async function distancesOf(net: UNet, run: Run): Promise<Distances> {
  const { samples } = run.settings
  const features = await readSmallDigitFeatures()
  const real = await realMoments(run)
  const distances: Distances = {}
  for (const nfe of [1, 2]) {
    const draw = sampler(net, nfe)
    const statistics = new FeatureStatistics(features.dim)
    for (let first = 0; first < samples; first += BATCH) {
      const indices = Array.from({ length: Math.min(BATCH, samples - first) }, (_, i) => first + i)
      const x = tf.tidy(() =>
        asPixels(draw(indexedNormal(createRng(run.seed).fork('evaluation'), indices, SHAPE))),
      )
      statistics.merge(await featureStatistics(features, [x]))
    }
    distances[nfe] = frechetDistance(statistics, real)
  }
  return distances
}

/** Draws in one or two steps: of a velocity, or of an average velocity from the last time that it was trained at. */
function sampler(net: UNet, nfe: number): (z: tf.Tensor4D) => tf.Tensor4D {
  const isAverage = net.config.times === 2
  const start = isAverage ? 1 - EDGE : START_TIME
  const times = nfe === 1 ? [start, 0] : [start, SECOND, 0]
  const field = isAverage ? alongGrid(edmAverageVelocity(net), times) : edmVelocity(net)
  return z => sample(field, z, { times, noiseScale: start }).x
}

/** The image that a file of 8 bits would have: values from -1 to 1 in 255 steps, as the real ones. */
function asPixels(x: tf.Tensor4D): tf.Tensor4D {
  return tf.sub(tf.div(tf.round(tf.mul(tf.add(tf.clipByValue(x, -1, 1), 1), 127.5)), 127.5), 1)
}

let ofTestImages: Promise<Moments> | undefined

function realMoments({ settings: { testImages } }: Run): Promise<Moments> {
  const measure = async () => {
    const test = await digits('test')
    const images = async function* () {
      for (let first = 0; first < testImages; first += BATCH) {
        const { x, labels } = test.batch(
          Array.from({ length: Math.min(BATCH, testImages - first) }, (_, i) => first + i),
        )
        labels?.dispose()
        yield x
      }
    }
    return featureStatistics(await readSmallDigitFeatures(), images())
  }
  ofTestImages ??= measure()
  return ofTestImages
}
