import {
  batchOf,
  checkFunction,
  checkKind,
  checkOneOf,
  checkOptions,
  createRng,
  indexedNormal,
  NumericError,
  type OptionNames,
  oneHot,
  signedToBytes,
} from '@rectified-flow/core'
import type { WritablePairs } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { compiledOnce } from './internal/compiled-once.js'
import { type FillOptions, fillNames, fillStore } from './internal/fill-store.js'

/**
 * Makes data from noise: z [B,...] and one-hot labels [B,L] to x [B,...]. Any sampler can be a teacher:
 * `z => sample(field, z, { steps: 16 }).x`, `z => sampleEdm(denoiser, z).x`.
 */
export type Teacher<X extends tf.Tensor = tf.Tensor4D> = (z: X, labels?: tf.Tensor2D) => tf.Tensor

export interface GeneratePairsOptions extends FillOptions {
  /** Class of pair i, if the store has classes. By default it is drawn from (seed, i), all classes equally likely. */
  labels?: (index: number) => number
}

const generatePairsNames: OptionNames<GeneratePairsOptions> = {
  ...fillNames,
  labels: 'optional',
}

/**
 * Make the pairs of one round of Reflow with a teacher (Liu et al., arXiv 2209.03003). Fills a store shard by shard, and
 * makes only missing shards. If it is killed, call it again to continue. Several processes with different shards make the
 * same store as one process. The noise of pair i is drawn from `createRng(plan.seed).fork(i)`.
 *
 * @throws NumericError 'non-finite' if the teacher makes an image that isn't finite
 */
export async function generatePairs(
  store: WritablePairs,
  teacher: Teacher,
  options: GeneratePairsOptions = {},
): Promise<void> {
  const where = 'reflow.generatePairs'
  checkOptions(where, options, generatePairsNames)
  const { labels, compile = true } = options
  checkKind(where, 'store', store, 'a store of pairs such as that of createPairStore', [
    'plan',
    'missing',
    'write',
  ])
  checkFunction(where, 'teacher', teacher)
  const { seed, shape, images, noise, classes } = store.plan
  checkOneOf(where, 'store.plan.noise', noise, ['indexed'])
  const draw = compile ? compiledOnce(teacher) : teacher
  const rng = createRng(seed)
  const classOf = labels ?? ((index: number) => rng.fork('labels').fork(index).integers(1, classes!)[0]!)
  await fillStore(where, store, options, async (first, count) => {
    const indices = Array.from({ length: count }, (_, i) => first + i)
    const given = classes === undefined ? undefined : indices.map(classOf)
    const x = tf.tidy(() => {
      const z = indexedNormal(rng, indices, shape)
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

/** Throw unless the images are finite: stored as bytes, NaN would become black without notice. */
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
