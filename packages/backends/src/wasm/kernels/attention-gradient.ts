import * as tf from '@tensorflow/tfjs-core'
import type { WasmKernel } from '../backend.js'

/** The gradient of attention, of matrix products: the scores are computed again. */
export const attentionGradient: WasmKernel<'AttentionGradient'> = ({ inputs, attrs: { heads } }) => {
  const [b, n, c3] = inputs.qkv.shape
  const c = c3 / 3
  const d = c / heads
  const apart = (x: tf.Tensor3D): tf.Tensor3D =>
    heads === 1
      ? x
      : tf.reshape(tf.transpose(tf.reshape(x, [b, n, heads, d]), [0, 2, 1, 3]), [b * heads, n, d])
  const together = (x: tf.Tensor3D): tf.Tensor3D =>
    heads === 1 ? x : tf.reshape(tf.transpose(tf.reshape(x, [b, heads, n, d]), [0, 2, 1, 3]), [b, n, c])
  const qkv = tf.tidy(() => {
    const [q, k, v] = (tf.split(inputs.qkv, 3, 2) as tf.Tensor3D[]).map(apart) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ]
    const [y, dy] = [apart(inputs.y), apart(inputs.dy)]
    const scaled: tf.Tensor3D = tf.mul(q, 1 / Math.sqrt(d))
    const scores: tf.Tensor3D = tf.matMul(scaled, k, false, true)
    const weights = tf.softmax(scores)
    const slopes = tf.matMul(dy, v, false, true)
    const level = tf.sum(tf.mul(dy, y), 2, true)
    const ds: tf.Tensor3D = tf.mul(weights, tf.sub(slopes, level))
    const dq: tf.Tensor3D = tf.mul(tf.matMul(ds, k), 1 / Math.sqrt(d))
    const dk: tf.Tensor3D = tf.matMul(ds, scaled, true)
    const dv: tf.Tensor3D = tf.matMul(weights, dy, true)
    return tf.concat([dq, dk, dv].map(together), 2)
  })
  return { qkv }
}
