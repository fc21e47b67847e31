import { attention } from '@rectified-flow/backends'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testOp } from './test-op.js'

type Attended = [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]

for (const heads of [1, 2, 4])
  testOp(`attention, ${heads} heads`, {
    shapes: [
      [3, 5, 8],
      [3, 5, 8],
      [3, 5, 8],
    ],
    batched: [0, 1, 2],
    op: (...inputs) => attention(...(inputs as Attended), { heads }),
  })

it('is the mean of the values where all keys are equal', async () => {
  await scope(async () => {
    const q: tf.Tensor3D = tf.reshape(tf.range(0, 24), [2, 3, 4])
    const v: tf.Tensor3D = tf.reshape(tf.cos(tf.range(0, 24)), [2, 3, 4])
    const mean = tf.tile(tf.mean(v, 1, true), [1, 3, 1])
    await expectClose(attention(q, tf.ones([2, 3, 4]), v, { heads: 2 }), mean, sum)
  })
})

it('says what is wrong', () => {
  tf.tidy(() => {
    const q: tf.Tensor3D = tf.zeros([1, 4, 6])
    expect(() => attention(q, q, q, { heads: 4 })).toThrow(
      'backends.attention: heads must divide the 6 channels of q, got 4.',
    )
    expect(() => attention(q, tf.zeros([1, 5, 6]), q)).toThrow(
      'backends.attention: k must have shape [1,4,6], got [1,5,6].',
    )
  })
})
