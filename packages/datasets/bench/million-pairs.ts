// npm run build, then: node --import tsx packages/datasets/bench/million-pairs.ts [folder]
//
// A million pairs of 2x2 pixels, in shards and as the reference stores them (the first run makes them, which takes some
// minutes): how long each takes to open and to shuffle, how much memory it takes, and how many random pairs a second it
// reads. Last, pairs of 32x32x3 with their noise.
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import { createRng } from '@rectified-flow/core'
import type { PairPlan } from '@rectified-flow/datasets'
import {
  createPairStore,
  openPairStore,
  openReferencePairs,
  writeReferencePairs,
} from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'

const COUNT = 1_000_000
const folder = process.argv[2] ?? join(tmpdir(), 'million-pairs')

interface Readable {
  count: number
  read(indices: ArrayLike<number>): Promise<unknown>
  close(): Promise<void>
}

async function fill(directory: string, plan: PairPlan): Promise<void> {
  const store = await createPairStore(directory, plan)
  const size = plan.shape.reduce((a, b) => a * b, 1)
  for (const shard of await store.missing()) {
    const { first, count } = store.range(shard)
    const images = new Uint8Array(count * size).fill(first & 255)
    const noise = new Uint8Array(count * 32).fill(1)
    await store.write(shard, { images, ...(plan.noise === 'pcg64' && { noise }) })
  }
}

async function measure(name: string, open: () => Promise<Readable>): Promise<void> {
  const before = process.memoryUsage().rss
  const [source, openMs] = await timed(open)
  const [order, shuffleMs] = await timed(async () => createRng(0).permutation(source.count))
  const [, readMs] = await timed(async () => {
    for (let i = 0; i < 20; i++) await source.read(order.subarray(512 * i, 512 * (i + 1)))
  })
  const megabytes = (process.memoryUsage().rss - before) / 2 ** 20
  await source.close()
  const rate = Math.round((20 * 512_000) / readMs)
  console.log(
    `${name}: open ${openMs.toFixed(0)} ms, shuffle ${shuffleMs.toFixed(0)} ms, ${rate} random pairs/s, ${megabytes.toFixed(0)} MB`,
  )
}

async function timed<T>(body: () => Promise<T>): Promise<[T, number]> {
  const begin = performance.now()
  const result = await body()
  return [result, performance.now() - begin]
}

await tf.setBackend('cpu')
const shards = join(folder, 'shards')
const states = join(folder, 'states')
const reference = join(folder, 'reference')
const images = join(folder, 'images')
await fill(shards, { count: COUNT, shardSize: 4096, seed: 0, shape: [2, 2, 1] })
if (!existsSync(join(reference, 'images_labels.csv'))) {
  await fill(states, { count: COUNT, shardSize: 4096, seed: 0, shape: [2, 2, 1], noise: 'pcg64' })
  const store = await openPairStore(states)
  await writeReferencePairs(reference, store, { shape: [2, 2, 1], batch: 4096 })
  await store.close()
}
await fill(images, { count: 20_480, seed: 0, shape: [32, 32, 3] })
for (let i = 0; i < 2; i++) {
  await measure('shards', () => openPairStore(shards))
  await measure('reference', () => openReferencePairs(reference))
}
const store = await openPairStore(images)
const order = createRng(1).permutation(store.count)
const [, readMs] = await timed(async () => {
  for (let i = 0; i < 10; i++) await store.read(order.subarray(512 * i, 512 * (i + 1)))
})
const [, batchMs] = await timed(async () => {
  for (let i = 0; i < 4; i++)
    tf.dispose(Object.values(await store.batch(order.subarray(512 * i, 512 * (i + 1)))))
})
console.log(
  `32x32x3: ${Math.round(5120e3 / readMs)} random pairs/s from disk, ${Math.round(2048e3 / batchMs)} with their noise recomputed`,
)
