import * as tf from '@tensorflow/tfjs-core'

/** Heads that lie side by side in x [B,N,C], as samples of their own: [B heads,N,C/heads]. */
export function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor3D {
  if (heads === 1) return x
  const [b, n, c] = x.shape
  const d = c / heads
  return tf.reshape(tf.transpose(tf.reshape(x, [b, n, heads, d]), [0, 2, 1, 3]), [b * heads, n, d])
}

/** The inverse of splitHeads. */
export function joinHeads(x: tf.Tensor3D, heads: number): tf.Tensor3D {
  if (heads === 1) return x
  const [all, n, d] = x.shape
  const b = all / heads
  return tf.reshape(tf.transpose(tf.reshape(x, [b, heads, n, d]), [0, 2, 1, 3]), [b, n, heads * d])
}
