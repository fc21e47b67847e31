import { createRng, type Features } from '@rectified-flow/core'
import { collectFeatures, featureStatistics } from '@rectified-flow/eval-fid'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

/** The four pixels themselves, the simplest features. */
const pixels: Features = {
  dim: 4,
  extract: images => tf.reshape(images, [-1, 4]),
  dispose() {},
}

async function* batches(...sizes: number[]): AsyncGenerator<tf.Tensor4D> {
  for (const [i, n] of sizes.entries()) yield createRng(i).normal([n, 2, 2, 1])
}

describe('featureStatistics', () => {
  it('sees every image once, in batches of any size', async () => {
    const statistics = await featureStatistics(pixels, batches(5, 1, 3))
    const all = [5, 1, 3].flatMap((n, i) => [...createRng(i).normals(n * 4)])
    const { mean } = statistics
    expect(statistics.count).toBe(9)
    await expectClose(
      mean,
      [0, 1, 2, 3].map(k => all.filter((_, i) => i % 4 === k).reduce((a, b) => a + b) / 9),
      f32,
    )
  })

  it('accepts an array, and disposes batches and features', async () => {
    await expectNoLeak(async () => {
      const list = [tf.zeros([2, 2, 2, 1]), tf.ones([1, 2, 2, 1])] as tf.Tensor4D[]
      expect((await featureStatistics(pixels, list)).count).toBe(3)
    })
  })

  it('disposes its batch if the features throw', async () => {
    const failing: Features = {
      ...pixels,
      extract() {
        throw new Error('no features')
      },
    }
    await expectNoLeak(async () => {
      await expect(featureStatistics(failing, batches(2))).rejects.toThrow('no features')
    })
  })
})

describe('collectFeatures', () => {
  it('gives every sample, in order, and leaks no tensor', async () => {
    const expected = [3, 2].flatMap((n, i) => [...createRng(i).normals(n * 4)])
    await expectNoLeak(async () => {
      const { data, shape } = await collectFeatures(pixels, batches(3, 2))
      expect(shape).toEqual([5, 4])
      await expectClose(data, expected, f32)
    })
  })
})
