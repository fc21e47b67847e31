import { useBackend } from '@rectified-flow/backends'
import { readCifar10 } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { cifarDistances } from '../cifar-distances.js'

const folder = process.env.CIFAR10_DIR

// The cpu backend takes minutes for what wasm does in seconds.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
})

it.skipIf(!folder)(
  `rises with noise, and train and test are close${folder ? '' : ' (needs CIFAR10_DIR)'}`,
  { timeout: 600_000 },
  async () => {
    const found = await cifarDistances(
      await readCifar10(folder!),
      await readCifar10(folder!, { split: 'test' }),
      1000,
    )
    const rising = [found.trainToTest, ...found.withNoise]
    expect(rising).toEqual([...rising].sort((a, b) => a - b))
    // Each half has half the images, so its distance has more of the bias that few samples cause.
    expect(found.betweenHalves).toBeLessThan(found.withNoise[2]!)
  },
)
