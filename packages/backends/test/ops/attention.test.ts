import { attention } from '@rectified-flow/backends'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testOp } from './test-op.js'

// Heads of 8, 4 and 2 channels; then sizes below and above a GPU's tile of 16, even and odd, and a single position.
for (const [shape, heads] of [
  [[3, 5, 24], 1],
  [[3, 5, 24], 2],
  [[3, 5, 24], 4],
  [[2, 16, 48], 1],
  [[1, 17, 51], 1],
  [[1, 35, 30], 2],
  [[2, 1, 9], 3],
] as const)
  testOp(`attention of [${shape}], ${heads} heads`, {
    shapes: [[...shape]],
    batched: [0],
    op: qkv => attention(qkv as tf.Tensor3D, { heads }),
  })

it('is the mean of the values where all keys are equal', async () => {
  await scope(async () => {
    const q: tf.Tensor3D = tf.reshape(tf.range(0, 24), [2, 3, 4])
    const v: tf.Tensor3D = tf.reshape(tf.cos(tf.range(0, 24)), [2, 3, 4])
    const mean = tf.tile(tf.mean(v, 1, true), [1, 3, 1])
    const qkv: tf.Tensor3D = tf.concat([q, tf.ones([2, 3, 4]), v], 2)
    await expectClose(attention(qkv, { heads: 2 }), mean, sum)
  })
})

it('says what is wrong', () => {
  tf.tidy(() => {
    expect(() => attention(tf.zeros([1, 4, 18]), { heads: 4 })).toThrow(
      'backends.attention: qkv must have 3 * heads = 12 equal parts, got 18 channels.',
    )
    expect(() => attention(tf.zeros([4, 18]) as unknown as tf.Tensor3D)).toThrow(
      'backends.attention: qkv must have shape [B,N,3C], got [4,18].',
    )
  })
})
