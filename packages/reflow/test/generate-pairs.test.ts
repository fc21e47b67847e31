import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alongBatch, createRng, type Field, indexedNormal } from '@rectified-flow/core'
import { imageDataset, type PairRows } from '@rectified-flow/datasets'
import { createPairStore, openPairStore, type PairStore } from '@rectified-flow/datasets/node'
import {
  generatePairs,
  invert,
  invertPairs,
  measuredSample,
  type PairTeacher,
  pairMeasures,
  prefetch,
  sample,
  storedCoupling,
  type Teacher,
} from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SHAPE = [2, 2, 1] as const
/** A flow whose image is 0.5 z: v = z - x0 = 0.5 z, and x_t = (0.5 + 0.5 t) z. */
const halves: Field = (x, t) => tf.tidy(() => tf.div(x, tf.add(1, alongBatch(t, x))))
const teacher: Teacher = z => sample(halves, z, { steps: 3 }).x
const PLAN = { count: 11, shardSize: 3, seed: 7, shape: SHAPE }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairs-'))
})
afterEach(() => rm(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
/** Pairs of a store as tensors; the store is closed afterwards. */
async function pairsOf(store: PairStore, indices: number[]) {
  const pairs = await store.batch(indices)
  await store.close()
  return pairs
}
async function contents(directory: string): Promise<[string, string][]> {
  const names = (await readdir(directory)).sort()
  return Promise.all(names.map(async name => [name, (await readFile(join(directory, name))).toString('hex')]))
}

describe('generatePairs', () => {
  it('fills a store with what the teacher makes from its noise', async () => {
    const progress: [number, number][] = []
    const store = await createPairStore(at('pairs'), PLAN)
    await generatePairs(store, teacher, { batch: 2, onProgress: (...done) => progress.push(done) })
    expect(progress).toEqual([0, 2, 3, 5, 6, 8, 9, 11].map(done => [done, 11]))
    const { x, z } = await pairsOf(await openPairStore(at('pairs')), [0, 10, 4])
    // Euler in 3 steps is exact here, except for the rounding to bytes, 1/255.
    await expectClose(x, tf.clipByValue(tf.mul(z, 0.5), -1, 1), { rtol: 0, atol: 1 / 255 + 1e-4 })
    await expectClose(z, indexedNormal(createRng(7), [0, 10, 4], SHAPE), exact)
  })

  it('keeps what a teacher measures, the same in any batch', async () => {
    // The divergence of 0.5 z + z^3 / 10 differs from place to place, and so does its estimate from probe to probe.
    const bent: Field<tf.Tensor4D> = x => tf.tidy(() => tf.add(tf.mul(x, 0.5), tf.mul(tf.pow(x, 3), 0.1)))
    const plan = { ...PLAN, quality: pairMeasures }
    const measuring: PairTeacher = (z, _, probe) =>
      measuredSample(bent, z, { steps: 3, measures: pairMeasures, probe })
    const found = await Promise.all(
      [1, 4].map(async batch => {
        const store = await createPairStore(at(`batch-${batch}`), plan)
        await generatePairs(store, measuring, { batch })
        const quality = await store.quality()
        await store.close()
        return quality
      }),
    )
    // A backend may sum in another order in another batch.
    for (const measure of pairMeasures)
      await expectClose(tf.tensor(found[0]![measure]!), tf.tensor(found[1]![measure]!), sum)
    const { length, divergence, inversionError } = found[0]!
    for (const i of Array(11).keys()) {
      expect(length![i]).toBeGreaterThanOrEqual(1)
      expect(divergence![i]).toBeGreaterThan(2)
      expect(inversionError![i]).toBeGreaterThan(0)
    }
    const store = await createPairStore(at('batch-1'), plan)
    await expect(generatePairs(store, teacher, { shards: [0] })).rejects.toThrow(
      'reflow.generatePairs: the result of a teacher for a store with quality must be an object of x and quality',
    )
    await expect(
      generatePairs(store, z => ({ x: teacher(z), quality: { length: tf.zeros([1]) } }), { shards: [0] }),
    ).rejects.toThrow('reflow.generatePairs: quality.divergence must be')
  })

  it("fills a user's own kind of store, which then serves for training", async () => {
    const shards = new Map<number, PairRows>()
    const own = {
      count: 4,
      plan: { seed: 7, shape: SHAPE, images: 'uint8', noise: 'indexed' } as const,
      range: (shard: number) => ({ first: 2 * shard, count: 2 }),
      missing: async () => [0, 1].filter(shard => !shards.has(shard)),
      write: async (shard: number, rows: PairRows) => void shards.set(shard, rows),
      batch: (indices: ArrayLike<number>) => ({
        x: tf.tensor4d(Array.from(indices, index => [...pixels(index)]).flat(), [indices.length, ...SHAPE]),
        z: indexedNormal(createRng(7), indices, SHAPE) as tf.Tensor4D,
      }),
    }
    const pixels = (index: number) =>
      shards
        .get(index >> 1)
        ?.images.subarray((index & 1) * 4)
        .slice(0, 4) ?? []
    await generatePairs(own, teacher)
    const { x, z } = await storedCoupling(own, { rng: createRng(1) }).draw(0, 4)
    const want = tf.mul(tf.add(tf.clipByValue(tf.mul(z, 0.5), -1, 1), 1), 127.5)
    await expectClose(x, want, { rtol: 0, atol: 0.5 + 1e-2 }) // bytes are rounded
  })

  it('makes the same files in one call, in parts, after a stop, and for a damaged shard', async () => {
    await generatePairs(await createPairStore(at('whole'), PLAN), teacher)
    const parts = await createPairStore(at('parts'), PLAN)
    for (const part of [1, 0])
      await generatePairs(parts, teacher, { shards: await parts.missing({ part, parts: 2 }) })
    expect(await contents(at('parts'))).toEqual(await contents(at('whole')))

    const stopped = await createPairStore(at('stopped'), PLAN)
    const stop = new AbortController()
    const onProgress = (done: number) => done >= 4 && stop.abort()
    await expect(
      generatePairs(stopped, teacher, { batch: 1, onProgress, signal: stop.signal }),
    ).rejects.toThrow('aborted')
    expect(await stopped.missing()).toEqual([1, 2, 3])
    await writeFile(stopped.path(0), 'not a shard')
    const shards = (await stopped.verify()).map(({ shard }) => shard)
    await generatePairs(stopped, teacher, { shards })
    expect(await contents(at('stopped'))).toEqual(await contents(at('whole')))
  })

  it('gives labels to the teacher, and keeps them', async () => {
    const store = await createPairStore(at('pairs'), { ...PLAN, classes: 4, images: 'float16' })
    // An image whose numbers tell its class: all are 0, 0.25, 0.5 or 0.75.
    const classy: Teacher = (z, labels) =>
      tf.tidy(() => tf.add(tf.zerosLike(z), alongBatch(tf.div(tf.argMax(labels!, 1), 4), z)))
    await generatePairs(store, classy, { labels: index => index % 4 })
    const { x, labels } = await pairsOf(store, [0, 1, 2, 3, 7])
    expect([...tf.argMax(labels!, 1).dataSync()]).toEqual([0, 1, 2, 3, 3])
    await expectClose(tf.max(x, [1, 2, 3]), tf.tensor1d([0, 0.25, 0.5, 0.75, 0.75]), exact)
    const drawn = await createPairStore(at('drawn'), { ...PLAN, count: 40, classes: 4 })
    await generatePairs(drawn, classy)
    const { labels: random } = await pairsOf(drawn, [...Array(40).keys()])
    expect(new Set(tf.argMax(random!, 1).dataSync())).toEqual(new Set([0, 1, 2, 3]))
  })

  it('refuses images that are not finite, and stores that keep their noise', async () => {
    const store = await createPairStore(at('pairs'), PLAN)
    await expect(generatePairs(store, z => tf.mul(z, Number.NaN))).rejects.toThrow(
      "reflow.generatePairs: the teacher's images must be finite, got a sum of NaN over pairs 0 to 2.",
    )
    expect(await store.missing()).toEqual([0, 1, 2, 3])
    await expect(generatePairs(store, teacher, { batch: 0 })).rejects.toThrow(
      'reflow.generatePairs: batch must be an integer >= 1, got 0.',
    )
    const other = await createPairStore(at('other'), { ...PLAN, noise: 'float32' })
    await expect(generatePairs(other, teacher)).rejects.toThrow(
      "reflow.generatePairs: store.plan.noise must be one of indexed, got 'float32'.",
    )
  })

  it('leaks nothing', async () => {
    const store = await createPairStore(at('pairs'), PLAN)
    await expectNoLeak(() => generatePairs(store, teacher, { shards: [0, 1] }))
  })
})

describe('invertPairs', () => {
  const images = Uint8Array.from({ length: 5 * 4 }, (_, i) => i * 12)
  const source = imageDataset({
    images,
    height: 2,
    width: 2,
    channels: 1,
    labels: Uint8Array.of(0, 1, 2, 1, 0),
    classes: 3,
  })
  const plan = { count: 5, shardSize: 2, seed: 3, shape: SHAPE, noise: 'float32', classes: 3 } as const

  it('pairs images with the noise that a flow takes them to', async () => {
    const store = await createPairStore(at('inverted'), plan)
    await invertPairs(store, source, (x, noise) => invert(halves, x, { noise, steps: 200 }).z)
    const { x, z, labels } = await pairsOf(store, [0, 1, 2, 3, 4])
    const real = source.batch([0, 1, 2, 3, 4])
    await expectClose(x, real.x, exact)
    await expectClose(labels!, real.labels!, exact)
    // The first state is data with a thousandth of noise.
    await expectClose(z, tf.mul(x, 2), { rtol: 0, atol: 0.01 })
    // The pairs serve for training: the noise is read as it was stored.
    const coupling = prefetch(storedCoupling(store, { rng: createRng(1) }))
    const drawn = await coupling.draw(0, 5)
    await expectClose(tf.sum(drawn.z), tf.sum(z), { rtol: 1e-5, atol: 1e-4 })
    await coupling.dispose()
    await store.close()
  })

  it('refuses stores that cannot hold its noise, and too few images', async () => {
    const invertNothing = (x: tf.Tensor4D) => tf.clone(x)
    const indexed = await createPairStore(at('indexed'), { ...plan, noise: 'indexed' })
    await expect(invertPairs(indexed, source, invertNothing)).rejects.toThrow(
      "reflow.invertPairs: store.plan.noise must be one of float16, float32, got 'indexed'.",
    )
    const large = await createPairStore(at('large'), { ...plan, count: 6 })
    await expect(invertPairs(large, source, invertNothing)).rejects.toThrow(
      'reflow.invertPairs: store.count must be an integer in [1, 5], got 6.',
    )
  })
})
