import { bytesToImages, createRng, indexedNormal, oneHot, type Pairs } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { FullPairPlan } from '../pair-plan.js'
import type { PairRows } from '../pair-source.js'
import { pcg64Noise } from './pcg64-noise.js'

/** How to make tensors from the stored rows of pairs. */
type PairKind = Pick<FullPairPlan, 'shape' | 'noise' | 'seed' | 'classes'>

/** x and z [B,H,W,C] and one-hot labels [B,classes] of pairs read from a store. */
export function pairTensors(kind: PairKind, indices: ArrayLike<number>, rows: PairRows): Pairs<tf.Tensor4D> {
  const { shape, noise, seed, classes } = kind
  const size: [number, number, number, number] = [indices.length, ...shape]
  // On an error, tidy frees what was made before it.
  return tf.tidy(() => {
    const x =
      rows.images instanceof Uint8Array ? bytesToImages(rows.images, shape) : tf.tensor4d(rows.images, size)
    const z =
      noise === 'indexed'
        ? indexedNormal(createRng(seed), indices, shape)
        : tf.tensor4d(
            noise === 'pcg64'
              ? pcg64Noise(rows.noise as Uint8Array, indices, shape)
              : (rows.noise as Float32Array),
            size,
          )
    return { x, z, ...(classes !== undefined && { labels: oneHot(rows.labels!, classes) }) }
  })
}
