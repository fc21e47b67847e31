// Run by pair-store-killed.test.ts in a process of its own: makes the shards that a store still lacks.
import { createRng } from '@rectified-flow/core'
import { createPairStore } from '@rectified-flow/datasets/node'

const [directory, part, parts] = process.argv.slice(2) as [string, string, string]
const plan = { count: 60, shardSize: 3, seed: 3, shape: [4, 4, 1] as const, classes: 10 }
const store = await createPairStore(directory, plan)
process.send!('begins')
for (const shard of await store.missing({ part: Number(part), parts: Number(parts) })) {
  const { first, count } = store.range(shard)
  const images = new Uint8Array(count * 16)
  for (let i = 0; i < count; i++)
    images.set(
      createRng(plan.seed)
        .fork(first + i)
        .integers(16, 256),
      i * 16,
    )
  await store.write(shard, { images, labels: Array.from({ length: count }, (_, i) => (first + i) % 10) })
}
