import type { Field, Rng, Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** The velocity of points [B,2]. */
export type PlaneField = Field<tf.Tensor2D>

/** A velocity for points of the plane: three hidden layers of `width`. Any function of (x, t) could be used. */
export function mlp(rng: Rng, width = 96): { velocity: (weights?: Weights) => PlaneField; weights: Weights } {
  const sizes = [3, width, width, width, 2]
  const weights = new Map<string, tf.Variable>()
  for (let i = 0; i + 1 < sizes.length; i++) {
    const [from, to] = [sizes[i]!, sizes[i + 1]!]
    const kernel = tf.mul(rng.fork(i).normal([from, to]), Math.sqrt(2 / from))
    weights.set(`layer${i}/kernel`, tf.variable(kernel))
    weights.set(`layer${i}/bias`, tf.variable(tf.zeros([to])))
  }
  const velocity =
    (values: Weights = weights): PlaneField =>
    (x, t) =>
      tf.tidy(() => {
        let y = tf.concat([x, tf.reshape(tf.sub(tf.mul(t, 2), 1), [-1, 1])], 1)
        for (let i = 0; i + 1 < sizes.length; i++) {
          const kernel = values.get(`layer${i}/kernel`) as tf.Tensor2D
          const bias = values.get(`layer${i}/bias`) as tf.Tensor1D
          y = tf.add(tf.matMul(y, kernel), bias)
          if (i + 2 < sizes.length) y = tf.mul(y, tf.sigmoid(y))
        }
        return y
      })
  return { velocity, weights }
}
