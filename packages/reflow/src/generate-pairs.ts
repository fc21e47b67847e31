import {
  batchOf,
  checkFinite,
  checkFunction,
  checkKind,
  checkOneOf,
  checkOptions,
  checkTensor,
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
import { signs } from './internal/signs.js'

/**
 * Makes data from noise: z [B,...] and one-hot labels [B,L] to x [B,...]. Any sampler can be a teacher:
 * `z => sample(field, z, { steps: 16 }).x`, `z => sampleEdm(denoiser, z).x`.
 */
export type Teacher<X extends tf.Tensor = tf.Tensor4D> = (z: X, labels?: tf.Tensor2D) => tf.Tensor

/** What a teacher made, and what it measured of each pair [B], by the names in the store's plan. */
export type MadePairs = { x: tf.Tensor; quality: Record<string, tf.Tensor1D> }

/**
 * A teacher of stored pairs. For a store whose plan has `quality` it also measures them. It then gets a probe, 1 and -1 at random
 * [B,...], which depends on each pair's index alone:
 *
 *     (z, labels, probe) => measuredSample(field, z, { steps: 128, measures: pairMeasures, probe })
 */
export type PairTeacher<X extends tf.Tensor = tf.Tensor4D> = (
  z: X,
  labels?: tf.Tensor2D,
  probe?: X,
) => tf.Tensor | MadePairs

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
 * same store as one process. The noise of pair i is drawn from `createRng(plan.seed).fork(i)`. A store whose plan has `quality` needs a
 * teacher that measures.
 *
 * @throws NumericError 'non-finite' if the teacher makes an image that isn't finite
 */
export async function generatePairs(
  store: WritablePairs,
  teacher: PairTeacher,
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
  const { seed, shape, images, noise, classes, quality } = store.plan
  checkOneOf(where, 'store.plan.noise', noise, ['indexed'])
  const draw = compile ? compiledOnce(teacher) : teacher
  const rng = createRng(seed)
  const classOf = labels ?? ((index: number) => rng.fork('labels').fork(index).integers(1, classes!)[0]!)
  await fillStore(where, store, options, async (first, count) => {
    const indices = Array.from({ length: count }, (_, i) => first + i)
    const given = classes === undefined ? undefined : indices.map(classOf)
    const made = tf.tidy(() => {
      const z = indexedNormal(rng, indices, shape)
      const labels = given && oneHot(given, classes!)
      const probe = quality && signs(indexedNormal(rng.fork('probe'), indices, shape))
      return asMeasured(where, draw(z, labels, probe), quality ?? [], count)
    })
    try {
      await checkImages(where, made.x, first)
      const values = (await made.x.data()) as Float32Array
      const measures: Record<string, Float32Array> = {}
      for (const name of quality ?? []) {
        measures[name] = (await made.quality[name]!.data()) as Float32Array
        checkFinite(where, `${name} of pairs ${first} to ${first + count - 1}`, measures[name])
      }
      return {
        images: images === 'uint8' ? signedToBytes(values) : values,
        ...(given && { labels: given }),
        ...(quality && { quality: measures }),
      }
    } finally {
      tf.dispose([made.x, ...Object.values(made.quality)])
    }
  })
}

/** The result of a teacher with the measures that the plan of its store wants, which may be none. */
function asMeasured(
  where: string,
  result: ReturnType<PairTeacher>,
  names: readonly string[],
  count: number,
): MadePairs {
  if (names.length === 0) return 'x' in result ? { x: result.x, quality: {} } : { x: result, quality: {} }
  const called = 'the result of a teacher for a store with quality'
  checkKind(where, called, result, 'an object of x and quality', ['x', 'quality'])
  const { x, quality } = result as MadePairs
  for (const name of names) checkTensor(where, `quality.${name}`, quality[name], [count])
  return { x, quality }
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
