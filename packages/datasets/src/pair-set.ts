import { checkOptions, createRng, indexedNormal, type OptionNames, type Pairs } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { imageDataset } from './image-dataset.js'
import type { IndexedPairs } from './pair-source.js'

/** The parts of a set of pairs. The images are kept; the noise is recomputed from (seed, index) when it is needed. */
export interface PairSetParts {
  /** The image that the teacher made from each noise: pixels 0..255, [N,H,W,C]. */
  images: Uint8Array
  height: number
  width: number
  channels: number
  /** `createRng(seed).fork(first + i)` makes the noise of image i. */
  seed: number
  /** Index of the first image; by default 0. */
  first?: number
}

const pairSetNames: OptionNames<PairSetParts> = {
  images: 'required',
  height: 'required',
  width: 'required',
  channels: 'required',
  seed: 'required',
  first: 'optional',
}

/** Pairs of noise and the teacher's image, read by index. */
export interface PairSet extends IndexedPairs<tf.Tensor4D>, Readonly<PairSetParts> {
  /** The pairs at these indices (0..count-1): x and z [B,H,W,C]. */
  batch(indices: ArrayLike<number>): Pairs<tf.Tensor4D>
}

/** Pairs in memory. The set keeps the given array, without a copy, and never writes to it. */
export function pairSet(parts: PairSetParts): PairSet {
  checkOptions('datasets.pairSet', parts, pairSetNames, 'parts')
  const { height, width, channels, seed, first = 0, images } = parts
  const data = imageDataset({ images, height, width, channels })
  const rng = createRng(seed)
  return {
    ...parts,
    count: data.count,
    batch(indices) {
      const { x } = data.batch(indices)
      const noise = Array.from(indices, index => first + index)
      return { x, z: indexedNormal(rng, noise, [height, width, channels]) }
    },
  }
}
