import * as tf from '@tensorflow/tfjs-core'
import { joinHeads, splitHeads } from '../../ops/heads.js'
import type { WasmKernel } from '../backend.js'

/** The gradient of attention, of matrix products: the scores are computed again. */
export const attentionGradient: WasmKernel<'AttentionGradient'> = ({ inputs, attrs: { heads } }) => {
  const scale = Math.sqrt((3 * heads) / inputs.qkv.shape[2])
  const qkv = tf.tidy(() => {
    const parts = [...(tf.split(inputs.qkv, 3, 2) as tf.Tensor3D[]), inputs.y, inputs.dy]
    const [q, k, v, y, dy] = parts.map(part => splitHeads(part, heads)) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ]
    const scaled: tf.Tensor3D = tf.mul(q, scale)
    const scores: tf.Tensor3D = tf.matMul(scaled, k, false, true)
    const weights = tf.softmax(scores)
    const slopes = tf.matMul(dy, v, false, true)
    const level = tf.sum(tf.mul(dy, y), 2, true)
    const ds: tf.Tensor3D = tf.mul(weights, tf.sub(slopes, level))
    const dq: tf.Tensor3D = tf.mul(tf.matMul(ds, k), scale)
    const dk: tf.Tensor3D = tf.matMul(ds, scaled, true)
    const dv: tf.Tensor3D = tf.matMul(weights, dy, true)
    return tf.concat(
      [dq, dk, dv].map(part => joinHeads(part, heads)),
      2,
    )
  })
  return { qkv }
}
