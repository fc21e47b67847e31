import { constant } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('lets no gradient through', async () => {
  const x = tf.tensor1d([2, 3])
  // d/dx stop(x²) x = x², where d/dx x² x = 3 x²
  const gradient = tf.grad(y =>
    tf.mul(
      constant(() => tf.square(y)),
      y,
    ),
  )(x)
  await expectClose(gradient, tf.square(x), exact)
})

it('returns all that the body returns, and frees the rest', async () => {
  const x = tf.tensor1d([2, 3])
  const [square, sum] = constant(() => [tf.square(x), tf.sum(tf.mul(x, 2))]) as [tf.Tensor, tf.Tensor]
  await expectClose(square, tf.tensor1d([4, 9]), exact)
  await expectClose(sum, tf.scalar(10), exact)
  await expectNoLeak(() => tf.dispose(constant(() => tf.sum(tf.mul(x, 2)))))
})

it('turns the tape on again after a throw', async () => {
  const fails = () => {
    throw new Error('no')
  }
  expect(() => constant(fails)).toThrow('no')
  await expectClose(tf.grad(x => tf.square(x))(tf.scalar(3)), tf.scalar(6), exact)
})
