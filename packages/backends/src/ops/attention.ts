import { checkInt, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

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
  checkTensor('backends.attention', 'q', q, ['B', 'N', 'C'])
  checkTensor('backends.attention', 'k', k, q.shape)
  checkTensor('backends.attention', 'v', v, q.shape)
  checkInt('backends.attention', 'heads', heads, 1)
  const [b, n, c] = q.shape
  if (c % heads !== 0)
    throw new RangeError(`backends.attention: heads must divide the ${c} channels of q, got ${heads}.`)

  return tf.tidy(() => {
    if (hasKernel('Attention')) return runKernel('Attention', { q, k, v }, { heads }).y
    const d = c / heads
    const split = (x: tf.Tensor3D): tf.Tensor3D =>
      heads === 1
        ? x
        : tf.reshape(tf.transpose(tf.reshape(x, [b, n, heads, d]), [0, 2, 1, 3]), [b * heads, n, d])
    // Scale the queries, because the N x N scores are larger.
    const scores = tf.matMul(split(tf.mul(q, 1 / Math.sqrt(d))), split(k), false, true)
    const out: tf.Tensor3D = tf.matMul(tf.softmax(scores), split(v))
    if (heads === 1) return out
    return tf.reshape(tf.transpose(tf.reshape(out, [b, heads, n, d]), [0, 2, 1, 3]), [b, n, c])
  })
}
