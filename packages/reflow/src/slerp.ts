import { checkNumber, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** Below this angle the arc equals a straight line in float32. */
const SMALLEST_ANGLE = 1e-3

/**
 * Spherical interpolation of each sample, for noise: the norm stays like that of normal noise. On a straight line it would
 * be smaller in between.
 *
 *   sin((1-w) θ)/sin θ a + sin(w θ)/sin θ b,  θ the angle between a and b
 *
 * @param a       [B,...], at weight 0
 * @param b       [B,...], at weight 1; opposite samples (θ = π) have no unique arc: the result is not finite
 * @param weight  how far to go, in [0, 1]
 * @see Shoemake, Animating Rotation with Quaternion Curves, SIGGRAPH 1985
 */
export function slerp<T extends tf.Tensor>(a: T, b: T, weight: number): T {
  const where = 'reflow.slerp'
  checkTensor(where, 'a', a, ['B', '...'])
  checkTensor(where, 'b', b, a.shape)
  checkNumber(where, 'weight', weight, 0, 1)
  return tf.tidy(() => {
    const angle = angles(a, b)
    const curved = tf.greater(angle, SMALLEST_ANGLE)
    const share = (w: number) =>
      tf.where(curved, tf.div(tf.sin(tf.mul(angle, w)), tf.sin(angle)), tf.fill(angle.shape, w))
    return tf.add(tf.mul(share(1 - weight), a), tf.mul(share(weight), b)) as T
  })
}

/** The angle between a and b of each sample, [B,1,...]: 2 atan2(|u - v|, |u + v|), exact near 0, unlike acos(u v). */
function angles(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const axes = a.shape.map((_, i) => i).slice(1)
  const norm = (x: tf.Tensor) => tf.sqrt(tf.sum(tf.square(x), axes, true))
  const [u, v] = [tf.div(a, norm(a)), tf.div(b, norm(b))]
  return tf.mul(tf.atan2(norm(tf.sub(u, v)), norm(tf.add(u, v))), 2)
}
