// Makes pairs with a simple teacher. generate-pairs-killed.test.ts runs it: node tiny-pairs.mjs FOLDER [PART PARTS]
import { useBackend } from '@rectified-flow/backends'
import { alongBatch } from '@rectified-flow/core'
import { createPairStore } from '@rectified-flow/datasets/node'
import { generatePairs } from '@rectified-flow/reflow'
import * as tf from '@tensorflow/tfjs-core'

const [folder, part = '0', parts = '1'] = process.argv.slice(2) as [string, string?, string?]
await useBackend('cpu')
const plan = { count: 118, shardSize: 4, seed: 5, shape: [4, 4, 1] as const, classes: 3, quality: ['probed'] }
const store = await createPairStore(folder, plan)
await generatePairs(
  store,
  (z, labels, probe) => ({
    x: tf.sub(tf.mul(z, 0.3), alongBatch(tf.mean(labels!, 1), z)),
    quality: { probed: tf.mean(tf.mul(z, probe!), [1, 2, 3]) as tf.Tensor1D },
  }),
  {
    shards: await store.missing({ part: Number(part), parts: Number(parts) }),
    batch: 2,
    onProgress: done => process.send?.(done),
  },
)
process.disconnect?.()
