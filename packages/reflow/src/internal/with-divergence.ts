import { batchOf, type Field, vectorJacobian } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** What a divergence is estimated with: e with E[e e'] = I, or the unit vectors, whose products add up to it. */
export interface Vectors {
  count: number
  /** The i-th vector for every sample, [B,...]. */
  at(i: number): tf.Tensor
  /** The factor of the sum of the products. */
  weight: number
}

/** The field of [B,D+1]: the state, of this shape, and last the integral of its divergence. */
export function withIntegral<X extends tf.Tensor>(field: Field<X>, shape: number[], vectors: Vectors): Field {
  const batch = shape[0]!
  const dims = tf.util.sizeFromShape(shape) / batch
  return (y, t) =>
    tf.tidy(() => {
      const state = tf.reshape(tf.slice(y, [0, 0], [batch, dims]), shape) as X
      const { v, div } = withDivergence(field, state, t, vectors)
      return tf.concat([tf.reshape(v, [batch, dims]), tf.reshape(div, [batch, 1])], 1)
    })
}

/** The velocity at x, and its divergence by vector-Jacobian products, one after another. */
function withDivergence<X extends tf.Tensor>(field: Field<X>, x: X, t: tf.Tensor1D, vectors: Vectors) {
  const batch = batchOf(x)
  let v: tf.Tensor | undefined
  let div: tf.Tensor = tf.zeros([batch])
  for (let i = 0; i < vectors.count; i++) {
    const [value, sum] = tf.tidy(() => {
      const e = vectors.at(i)
      const { value, grads } = vectorJacobian(() => field(x, t), [x], e)
      const product = tf.mul(grads[0]!, e)
      return [value, tf.add(div, tf.sum(tf.reshape(product, [batch, -1]), 1))]
    }) as [tf.Tensor, tf.Tensor]
    tf.dispose(v ? [div, v] : div)
    v = value
    div = sum
  }
  return { v: v!, div: tf.mul(div, vectors.weight) }
}
