import {
  bytesToImages,
  checkFinite,
  checkFunction,
  checkInt,
  checkKind,
  checkOneOf,
  checkOptions,
  createRng,
  indexedNormal,
  oneHot,
} from '@rectified-flow/core'
import type { ImageSource, WritablePairs } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'
import { type FillOptions, fillNames, fillStore } from './internal/fill-store.js'

/** Makes noise from data: x [B,H,W,C], fresh noise of the same shape and one-hot labels [B,L] to z [B,H,W,C]. */
export type Inverter = (x: tf.Tensor4D, noise: tf.Tensor4D, labels?: tf.Tensor2D) => tf.Tensor

/**
 * Pair real images with the noise that a flow takes them to. Configuration G of 2-rectified flow++ (Lee et al., arXiv
 * 2405.20320, section 4.3) fine-tunes on these pairs. Pair i has image i. Fills a store shard by shard, and makes only
 * missing shards, as `generatePairs` does. No seed can give this noise again, so the store's plan must keep the noise as
 * numbers: noise 'float16' or 'float32'. The fresh noise that inversion i starts with is drawn from `createRng(plan.seed).fork(i)`.
 *
 *     const plan = { count: images.count, seed: 0, shape: [32, 32, 3], noise: 'float16' }
 *     await invertPairs(await createPairStore('inverted', plan), images, (x, noise) => invert(field, x, { noise, steps: 128 }).z)
 */
export async function invertPairs(
  store: WritablePairs,
  source: Pick<ImageSource, 'count' | 'read'>,
  invert: Inverter,
  options: FillOptions = {},
): Promise<void> {
  const where = 'reflow.invertPairs'
  checkOptions(where, options, fillNames)
  const { compile = true } = options
  checkKind(where, 'store', store, 'a store of pairs such as that of createPairStore', [
    'plan',
    'missing',
    'write',
  ])
  checkKind(where, 'source', source, 'images such as those of openImages', ['count', 'read'])
  checkFunction(where, 'invert', invert)
  const { seed, shape, images, noise, classes } = store.plan
  checkOneOf(where, 'store.plan.noise', noise, ['float16', 'float32'])
  checkOneOf(where, 'store.plan.images', images, ['uint8'])
  checkInt(where, 'store.count', store.count, 1, source.count)
  const noiseOf = compile ? compiledOnce(invert) : invert
  const rng = createRng(seed)
  await fillStore(where, store, options, async (first, count) => {
    const indices = Array.from({ length: count }, (_, i) => first + i)
    const { images: bytes, labels } = await source.read(indices)
    if (classes !== undefined && !labels)
      throw new RangeError(`${where}: source must have labels, as the store's plan has classes, got none.`)
    const z = tf.tidy(() => {
      const fresh = indexedNormal(rng, indices, shape)
      const given = classes !== undefined && labels ? oneHot(labels, classes) : undefined
      return noiseOf(bytesToImages(bytes, shape), fresh, given)
    })
    try {
      const values = (await z.data()) as Float32Array
      checkFinite(where, `the noise of pairs ${first} to ${first + count - 1}`, values)
      return { images: bytes, noise: values, ...(classes !== undefined && labels && { labels }) }
    } finally {
      z.dispose()
    }
  })
}
