import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { it } from 'vitest'

it.each([[1], [1, 1], [2, 1, 3]])('differentiates a split into pieces of %j', async (...sizes: number[]) => {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const x = tf.reshape(tf.range(0, 2 * total), [2, total])
  const loss = (x: tf.Tensor) =>
    tf.addN(tf.split(x, sizes, 1).map((piece, i) => tf.sum(tf.mul(piece, i + 1)))) as tf.Scalar
  const row = sizes.flatMap((size, i) => Array(size).fill(i + 1))
  await expectClose(tf.grad(loss)(x), tf.tensor2d([row, row]), exact)
})
