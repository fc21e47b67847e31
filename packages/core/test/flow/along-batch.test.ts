import { alongBatch } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it.each([[[3]], [[3, 2]], [[3, 2, 4, 1]]])('gives each sample of %j its own number', async shape => {
  const t = tf.tensor1d([0.5, 2, -1])
  const spread = alongBatch(t, tf.zeros(shape))
  expect(spread.shape).toEqual([3, ...shape.slice(1).map(() => 1)])
  const scaled = tf.unstack(tf.mul(tf.ones(shape), spread))
  for (const [i, value] of [0.5, 2, -1].entries())
    await expectClose(scaled[i]!, tf.fill(shape.slice(1), value), exact)
})

it('leaves a plain number, and takes booleans and an empty batch', () => {
  expect(alongBatch(0.25, tf.zeros([3, 2]))).toBe(0.25)
  const mask = alongBatch(tf.tensor1d([true, false], 'bool'), { rank: 3 })
  expect([mask.dtype, mask.shape]).toEqual(['bool', [2, 1, 1]])
  expect(alongBatch(tf.zeros([0]), tf.zeros([0, 4])).shape).toEqual([0, 1])
})
