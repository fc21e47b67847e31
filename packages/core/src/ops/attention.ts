import * as tf from '@tensorflow/tfjs-core'

/**
 * Scaled dot-product self-attention: softmax(q k^T / sqrt(d)) v per head.
 *
 * @param q      queries [B,N,C], heads side by side along C, d = C / heads
 * @param k      keys [B,N,C]
 * @param v      values [B,N,C]
 * @returns      [B,N,C]
 */
export function attention(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  { heads = 1 }: { heads?: number } = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const [b, n, c] = q.shape
    const d = c / heads
    const split = (x: tf.Tensor3D) =>
      heads === 1
        ? x
        : tf.reshape(tf.transpose(tf.reshape(x, [b, n, heads, d]), [0, 2, 1, 3]), [b * heads, n, d])
    const weights = tf.softmax(tf.mul(tf.matMul(split(q), split(k), false, true), 1 / Math.sqrt(d)))
    const out = tf.matMul(weights, split(v)) as tf.Tensor3D
    if (heads === 1) return out
    return tf.reshape(tf.transpose(tf.reshape(out, [b, heads, n, d]), [0, 2, 1, 3]), [b, n, c])
  })
}
