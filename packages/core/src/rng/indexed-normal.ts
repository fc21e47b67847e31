import * as tf from '@tensorflow/tfjs-core'
import type { Rng } from './rng.js'

/**
 * Standard normal noise whose row i is the noise of sample indices[i]: rng.fork(indices[i]).normals(...). A sample has the
 * same noise in any batch or shard.
 *
 * @param shape  shape of one sample, e.g. [H,W,C]
 * @returns      [indices.length, ...shape]
 */
export function indexedNormal(rng: Rng, indices: ArrayLike<number>, shape: readonly number[]): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape])
  const values = new Float32Array(indices.length * size)
  for (let i = 0; i < indices.length; i++) values.set(rng.fork(indices[i]!).normals(size), i * size)
  return tf.tensor(values, [indices.length, ...shape])
}
