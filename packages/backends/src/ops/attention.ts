import { checkInt, checkOptions, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'
import { joinHeads, splitHeads } from './heads.js'

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
  const all = qkv.shape[2]
  if (all % (3 * heads) !== 0)
    throw new RangeError(
      `backends.attention: qkv must have 3 * heads = ${3 * heads} equal parts, got ${all} channels.`,
    )

  return tf.tidy(() => {
    if (hasKernel('Attention')) return runKernel('Attention', { qkv }, { heads }).y
    const d = all / 3 / heads
    const [queries, keys, values] = tf.split(qkv, 3, 2) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]
    // Scale the queries, because the N x N scores are larger.
    const q = splitHeads(tf.mul(queries, 1 / Math.sqrt(d)), heads)
    const [k, v] = [splitHeads(keys, heads), splitHeads(values, heads)]
    const scores: tf.Tensor3D = tf.matMul(q, k, false, true)
    return joinHeads(tf.matMul(tf.softmax(scores), v), heads)
  })
}
