import {
  batchOf,
  checkOneOf,
  createRng,
  indexedNormal,
  NumericError,
  oneHot,
  signedToBytes,
} from '@rectified-flow/core'
import type { WritablePairs } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'
import { type FillOptions, fillStore } from './internal/fill-store.js'

/**
 * What makes data of noise: z [B,H,W,C] and one-hot labels [B,L] to x [B,H,W,C]. A sampler of any kind:
 * `z => sample(field, z, { steps: 16 }).x`, `z => sampleEdm(denoiser, z).x`.
 */
export type Teacher = (z: tf.Tensor4D, labels?: tf.Tensor2D) => tf.Tensor

export interface GeneratePairsOptions extends FillOptions {
  /** Class of pair i, where the store has classes; drawn from (seed, i), all alike, unless told. */
  labels?: (index: number) => number
}

/**
 * Let a teacher walk noise to data: the pairs of one round of Reflow (Liu et al., arXiv 2209.03003). Fills a store, shard
 * by shard, and only what it lacks: killed anywhere and called again it goes on, and several processes, each with shards of
 * its own, make what one would. The noise of pair i is that of `createRng(plan.seed).fork(i)`.
 *
 * @throws NumericError 'non-finite' where the teacher makes an image that isn't finite
 */
export async function generatePairs(
  store: WritablePairs,
  teacher: Teacher,
  { labels, compile = true, ...options }: GeneratePairsOptions = {},
): Promise<void> {
  const where = 'reflow.generatePairs'
  const { seed, shape, images, noise, classes } = store.plan
  checkOneOf(where, 'store.plan.noise', noise, ['indexed'])
  const draw = compile ? compiledOnce(teacher) : teacher
  const rng = createRng(seed)
  const classOf = labels ?? ((index: number) => rng.fork('labels').fork(index).integers(1, classes!)[0]!)
  await fillStore(where, store, options, async (first, count) => {
    const indices = Array.from({ length: count }, (_, i) => first + i)
    const given = classes === undefined ? undefined : indices.map(classOf)
    const x = tf.tidy(() => {
      const z = indexedNormal(rng, indices, shape) as tf.Tensor4D
      return draw(z, given && oneHot(given, classes!))
    })
    try {
      await checkImages(where, x, first)
      const values = (await x.data()) as Float32Array
      return { images: images === 'uint8' ? signedToBytes(values) : values, ...(given && { labels: given }) }
    } finally {
      x.dispose()
    }
  })
}

/** As bytes, NaN would be black and go unnoticed. */
async function checkImages(where: string, x: tf.Tensor, first: number): Promise<void> {
  const total = tf.tidy(() => tf.sum(tf.abs(x)))
  try {
    const value = (await total.data())[0]!
    if (!Number.isFinite(value))
      throw new NumericError(
        'non-finite',
        `${where}: the teacher's images must be finite, got a sum of ${value} over pairs ${first} to ${first + batchOf(x) - 1}.`,
      )
  } finally {
    total.dispose()
  }
}
