import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/**
 * Expect the gradient of sum(f) at x to agree with a central difference along random directions. The tolerance allows an
 * error of about 1e-7 |f| / h from float32, and one of order h^2 from the third derivative.
 */
export function expectGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, { h = 1e-2, rtol = 5e-3 } = {}) {
  const gradient = tf.grad(y => tf.sum(f(y)))(x)
  for (const seed of [0, 1, 2]) {
    const direction = createRng(seed).normal(x.shape)
    const slope = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!
    const at = (step: number) => {
      const values = f(tf.add(x, tf.mul(direction, step))).dataSync<'float32'>()
      return values.reduce((a, b) => a + b, 0)
    }
    const numerical = (at(h) - at(-h)) / (2 * h)
    expect(Math.abs(slope - numerical), `slope ${slope}, numerically ${numerical}`).toBeLessThanOrEqual(
      rtol * Math.max(Math.abs(numerical), 0.02 * Math.hypot(...gradient.dataSync<'float32'>())),
    )
  }
}
