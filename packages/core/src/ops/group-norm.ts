import * as tf from '@tensorflow/tfjs-core'

export interface GroupNormOptions {
  groups: number
  epsilon?: number
  /** Per-sample modulation [B,C] after the affine part: y (1 + scale) + shift. */
  scale?: tf.Tensor2D
  shift?: tf.Tensor2D
}

/** Group normalisation of x [B,H,W,C] over groups of channels, gamma and beta [C] (Wu and He, arXiv 1803.08494). */
export function groupNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: GroupNormOptions,
): tf.Tensor4D {
  return tf.tidy(() => normalize(x, gamma, beta, options))
}

/** silu(groupNorm(x)), silu(y) = y sigmoid(y): what every block of the U-Nets begins with. */
export function groupNormSilu(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: GroupNormOptions,
): tf.Tensor4D {
  return tf.tidy(() => {
    const y = normalize(x, gamma, beta, options)
    return tf.mul(y, tf.sigmoid(y))
  })
}

function normalize(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { groups, epsilon = 1e-5, scale, shift }: GroupNormOptions,
): tf.Tensor4D {
  const [b, h, w, c] = x.shape
  const grouped = tf.reshape(x, [b, h * w, groups, c / groups])
  const mean = tf.mean(grouped, [1, 3], true)
  const centred = tf.sub(grouped, mean)
  const variance = tf.mean(tf.square(centred), [1, 3], true)
  const unit = tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), x.shape)
  let y = tf.add(tf.mul(unit, gamma), beta)
  if (scale) y = tf.mul(y, tf.add(tf.reshape(scale, [b, 1, 1, c]), 1))
  if (shift) y = tf.add(y, tf.reshape(shift, [b, 1, 1, c]))
  return y as tf.Tensor4D
}
