import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const x = () => tf.tensor1d([-2, -0, 0, 1e-30, 3, Number.NaN, Number.POSITIVE_INFINITY])

it('is the slope of relu, with NaN where x is NaN', async () => {
  for (const [alpha, below] of [
    [0, 0],
    [0.5, 0.5],
  ] as const) {
    const y = tf.step(x(), alpha)
    await expectClose(await y.data(), Float32Array.of(below, below, below, 1, 1, Number.NaN, 1), exact)
  }
  const slope = tf.grad(tf.relu)(x())
  expect((await slope.data())[4]).toBe(1)
})
