import { checkInt, checkOptions, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

/**
 * Scaled dot-product self-attention: softmax(q k^T / sqrt(d)) v per head.
 *
 * @param qkv    queries, keys and values [B,N,3C], side by side; in each the heads are side by side, d = C / heads
 * @returns      [B,N,C]
 */
export function attention(qkv: tf.Tensor3D, options: { heads?: number } = {}): tf.Tensor3D {
  checkOptions<{ heads?: number }>('backends.attention', options, { heads: 'optional' })
  const { heads = 1 } = options
  checkTensor('backends.attention', 'qkv', qkv, ['B', 'N', '3C'])
  checkInt('backends.attention', 'heads', heads, 1)
  const [b, n, all] = qkv.shape
  if (all % (3 * heads) !== 0)
    throw new RangeError(
      `backends.attention: qkv must have 3 * heads = ${3 * heads} equal parts, got ${all} channels.`,
    )

  return tf.tidy(() => {
    if (hasKernel('Attention')) return runKernel('Attention', { qkv }, { heads }).y
    const c = all / 3
    const d = c / heads
    const [q, k, v] = tf.split(qkv, 3, 2) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]
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
