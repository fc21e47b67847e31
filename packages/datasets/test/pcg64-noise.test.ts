import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { numpyRng } from '@rectified-flow/core'
import { createPairStore } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('a damaged PCG64 state is named by its pair, and leaks nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pcg64-'))
  try {
    const shape = [2, 2, 1] as const
    const store = await createPairStore(join(folder, 'pairs'), {
      count: 3,
      seed: 1,
      shape,
      noise: 'pcg64',
      shardSize: 3,
    })
    const noise = Uint8Array.from([1, 2, 3].flatMap(seed => [...numpyRng(seed).state()]))
    noise[95]! ^= 1 // the last bit of the last state
    await store.write(0, { images: new Uint8Array(12), noise })
    const before = tf.memory().numTensors
    await expect(store.batch([0, 2])).rejects.toThrow(
      new RangeError(
        'datasets.batch: the noise of pair 2 must be a PCG64 state, whose increment is odd, got an even one. It is damaged.',
      ),
    )
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose({ ...(await store.batch([0, 1])) })
    expect(tf.memory().numTensors).toBe(before)
    await store.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})
