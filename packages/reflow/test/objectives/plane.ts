import type { AverageField, Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

type Matrices = Readonly<Record<'w1' | 'b1' | 'w2' | 'b2', tf.TensorLike>>

/** Variables of `perceptron`. */
export function variables(matrices: Matrices): Weights {
  return new Map(
    Object.entries(matrices).map(([name, values]) => [name, tf.tidy(() => tf.variable(tf.tensor(values)))]),
  )
}

/** u(x, t, r) = tanh([x, t, r] W1 + b1) W2 + b2, in the plane. */
export const perceptron =
  (weights: Weights): AverageField<tf.Tensor2D> =>
  (x, { t, r }) => {
    const [w1, b1, w2, b2] = ['w1', 'b1', 'w2', 'b2'].map(name => weights.get(name) as tf.Tensor)
    const inputs = tf.concat([x, tf.reshape(t, [-1, 1]), tf.reshape(r, [-1, 1])], 1) as tf.Tensor2D
    const hidden = tf.tanh(tf.add(tf.matMul(inputs, w1 as tf.Tensor2D), b1!)) as tf.Tensor2D
    return tf.add(tf.matMul(hidden, w2 as tf.Tensor2D), b2!)
  }

/** u = g(t, r) x, where g is a polynomial of degree 2 with six gains [6,1]. */
export const polynomial =
  (gains: tf.Tensor): AverageField<tf.Tensor2D> =>
  (x, { t, r }) => {
    const powers = tf.stack([tf.onesLike(t), t, r, tf.square(t), tf.mul(t, r), tf.square(r)], 1)
    return tf.mul(x, tf.matMul(powers as tf.Tensor2D, gains as tf.Tensor2D))
  }

/** Normal data N(0, s²) and normal noise: q_t² = t² + s² (1-t)² is the variance of x_t, and x_r = x_t q_r / q_t. */
const DEVIATION = 0.5
const q = (t: number) => Math.hypot(t, DEVIATION * (1 - t))

/** The average velocity of normal data, (1 - q_r/q_t) x_t / (t - r), and the velocity where r = t. */
export function normalFactor(t: number, r: number): number {
  return t === r ? (t - DEVIATION ** 2 * (1 - t)) / q(t) ** 2 : (1 - q(r) / q(t)) / (t - r)
}

/** The same in tensors, so that it has a Jacobian: ((t + r) - s² (2 - t - r)) / (q_t (q_t + q_r)) x. */
export const normalAverage: AverageField<tf.Tensor2D> = (x, { t, r }) => {
  const variance = (t: tf.Tensor) => tf.add(tf.square(t), tf.mul(tf.square(tf.sub(1, t)), DEVIATION ** 2))
  const [qt, qr] = [tf.sqrt(variance(t)), tf.sqrt(variance(r))]
  const both = tf.add(t, r)
  const top = tf.sub(both, tf.mul(tf.sub(2, both), DEVIATION ** 2))
  return tf.mul(x, tf.reshape(tf.div(top, tf.mul(qt, tf.add(qt, qr))), [-1, 1]))
}

/** Normal data [n,2] of this deviation, of standard normal numbers. */
export const normalData = (unit: tf.Tensor2D): tf.Tensor2D => tf.mul(unit, DEVIATION)
