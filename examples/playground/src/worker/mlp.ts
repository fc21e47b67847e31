import type { Field, Rng, Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

const WIDTH = 96
const SIZES = [4, WIDTH, WIDTH, WIDTH, 2]

/** Weights of a velocity for points of the plane: three hidden layers, and a last layer of zeros: it starts as v = 0. */
export function createWeights(rng: Rng): Map<string, tf.Variable> {
  const weights = new Map<string, tf.Variable>()
  for (let i = 1; i < SIZES.length; i++) {
    const [from, to] = [SIZES[i - 1]!, SIZES[i]!]
    const scale = i + 1 < SIZES.length ? Math.sqrt(2 / from) : 0
    weights.set(
      `${i}.weight`,
      tf.tidy(() => tf.variable(tf.mul(rng.fork(i).normal([from, to]), scale))),
    )
    weights.set(
      `${i}.bias`,
      tf.tidy(() => tf.variable(tf.zeros([to]))),
    )
  }
  return weights
}

/** The velocity: points [B,2] and t [B] to [B,2]. */
export function velocityOf(weights: Weights): Field<tf.Tensor2D> {
  const layer = (i: number, x: tf.Tensor) =>
    tf.add(
      tf.matMul(x as tf.Tensor2D, weights.get(`${i}.weight`) as tf.Tensor2D),
      weights.get(`${i}.bias`) as tf.Tensor,
    )
  return (x, t) =>
    tf.tidy(() => {
      const turn = tf.reshape(tf.mul(t, Math.PI), [-1, 1])
      let y: tf.Tensor = tf.concat([x, tf.cos(turn), tf.sin(turn)], 1)
      for (let i = 1; i < SIZES.length - 1; i++) {
        const z = layer(i, y)
        y = tf.mul(z, tf.sigmoid(z))
      }
      return layer(SIZES.length - 1, y)
    })
}
