import { createRng, indexedNormal } from '@rectified-flow/core'
import {
  collectFeatures,
  type FeatureSet,
  frechetDistanceOfSets,
  manifoldMetrics,
} from '@rectified-flow/eval-fid'
import { readDigitFeatures, readSmallDigitFeatures } from '@rectified-flow/eval-fid/node'
import { sample } from '@rectified-flow/reflow'
import { edmVelocity, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'

/** Images as points of three spaces. */
export interface Spaces {
  /** Features of the network whose distance is trained on. */
  trained: FeatureSet
  /** Features of another network, which was trained on digits of 28x28; it sees the images at twice their side. */
  other: FeatureSet
  /** The pixels themselves, [N,196]. */
  pixels: FeatureSet
}

export type Measured = Record<keyof Spaces | 'precision' | 'recall', number>

export const SIDE = 14
const BATCH = 256

/** Images [N,14,14,1] as numbers in [-1,1], row after row, in all spaces. */
export async function spacesOf(images: Float32Array): Promise<Spaces> {
  const [small, large] = [await readSmallDigitFeatures(), await readDigitFeatures()]
  const size = SIDE * SIDE
  function* batches() {
    for (let from = 0; from < images.length; from += BATCH * size)
      yield tf.tensor4d(images.slice(from, from + BATCH * size), [
        Math.min(BATCH, (images.length - from) / size),
        ...[SIDE, SIDE, 1],
      ] as [number, number, number, number])
  }
  const enlarged = {
    dim: large.dim,
    extract: (x: tf.Tensor4D) =>
      tf.tidy(() => large.extract(tf.image.resizeBilinear(x, [2 * SIDE, 2 * SIDE], false, true))),
    dispose: () => {},
  }
  const spaces: Spaces = {
    trained: await collectFeatures(small, batches()),
    other: await collectFeatures(enlarged, batches()),
    pixels: { data: images, shape: [images.length / size, size] },
  }
  small.dispose()
  large.dispose()
  return spaces
}

/** One-step samples of a network, with the values that 8 bits have. */
export async function draw(net: UNet, seed: number, count: number): Promise<Float32Array> {
  const rng = createRng(seed).fork('evaluation')
  const images = new Float32Array(count * SIDE * SIDE)
  for (let first = 0; first < count; first += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => first + i)
    const x = tf.tidy(() => {
      const { x } = sample(edmVelocity(net), indexedNormal(rng, indices, [SIDE, SIDE, 1]))
      return tf.sub(tf.div(tf.round(tf.mul(tf.add(tf.clipByValue(x, -1, 1), 1), 127.5)), 127.5), 1)
    })
    images.set(await x.data(), first * SIDE * SIDE)
    x.dispose()
  }
  return images
}

/** Fréchet distances in each space, and precision and recall in the one that nothing was trained on. */
export function measure(generated: Spaces, real: Spaces): Measured {
  const { precision, recall } = manifoldMetrics(real.other, generated.other)
  const distance = (space: keyof Spaces) => frechetDistanceOfSets(generated[space], real[space])
  return {
    ...{ trained: distance('trained'), other: distance('other'), pixels: distance('pixels') },
    ...{ precision, recall },
  }
}
