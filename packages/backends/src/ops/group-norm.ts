import { checkInt, checkNumber, checkOptions, checkTensor, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

export interface GroupNormOptions {
  /** Number of groups; a divisor of C. */
  groups: number
  epsilon?: number
  /** Added to x before the norm, per sample [B,C]. */
  offset?: tf.Tensor2D
  /** Per-sample modulation [B,C] after the affine part: y (1 + scale) + shift. */
  scale?: tf.Tensor2D
  shift?: tf.Tensor2D
}

const groupNormNames: OptionNames<GroupNormOptions> = {
  groups: 'required',
  epsilon: 'optional',
  offset: 'optional',
  scale: 'optional',
  shift: 'optional',
}

/**
 * Group normalisation over H, W and each group of channels (Wu and He, arXiv 1803.08494):
 *
 *   y = ((x - mean) / sqrt(variance + epsilon) · gamma + beta) (1 + scale) + shift
 *
 * With an offset, it is the norm of x + offset.
 *
 * @param x      [B,H,W,C]
 * @param gamma  [C]
 * @param beta   [C]
 * @returns      [B,H,W,C]
 */
export function groupNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: GroupNormOptions,
): tf.Tensor4D {
  checkOptions('backends.groupNorm', options, groupNormNames)
  check('backends.groupNorm', x, gamma, beta, options)
  return tf.tidy(() => {
    if (hasKernel('GroupNorm')) return fused(x, gamma, beta, options, false)
    return composed(moved(x, options), gamma, beta, options)
  })
}

/** silu(groupNorm(x)) with silu(y) = y sigmoid(y). Every block of the U-Nets begins with it. */
export function groupNormSilu(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: GroupNormOptions,
): tf.Tensor4D {
  checkOptions('backends.groupNormSilu', options, groupNormNames)
  check('backends.groupNormSilu', x, gamma, beta, options)
  return tf.tidy(() => {
    if (hasKernel('GroupNorm')) return fused(x, gamma, beta, options, true)
    const y = composed(moved(x, options), gamma, beta, options)
    return tf.mul(y, tf.sigmoid(y))
  })
}

function check(
  where: string,
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { groups, epsilon = 1e-5, offset, scale, shift }: GroupNormOptions,
): void {
  checkTensor(where, 'x', x, ['B', 'H', 'W', 'C'])
  const [b, , , c] = x.shape
  checkTensor(where, 'gamma', gamma, [c])
  checkTensor(where, 'beta', beta, [c])
  checkInt(where, 'groups', groups, 1)
  if (c % groups !== 0)
    throw new RangeError(`${where}: groups must divide the ${c} channels of x, got ${groups}.`)
  checkNumber(where, 'epsilon', epsilon, 0)
  if (offset) checkTensor(where, 'offset', offset, [b, c])
  if (scale) checkTensor(where, 'scale', scale, [b, c])
  if (shift) checkTensor(where, 'shift', shift, [b, c])
}

/** x + offset. */
function moved(x: tf.Tensor4D, { offset }: GroupNormOptions): tf.Tensor4D {
  return offset ? tf.add(x, tf.reshape(offset, [-1, 1, 1, x.shape[3]])) : x
}

function fused(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: GroupNormOptions,
  activate: boolean,
): tf.Tensor4D {
  if (activate && hasKernel('Silu')) {
    const y = fused(x, gamma, beta, options, false)
    return runKernel('Silu', { x: y }, {}).y as tf.Tensor4D
  }
  const { groups, epsilon = 1e-5, offset, scale, shift } = options
  const attrs = { groups, epsilon, activate }
  if (offset && !scale && !shift && hasKernel('GroupNormOffset'))
    return runKernel('GroupNormOffset', { x, gamma, beta, offset }, attrs).y
  const sum = moved(x, options)
  if (!scale && !shift) return runKernel('GroupNorm', { x: sum, gamma, beta }, attrs).y
  const none = (): tf.Tensor2D => tf.zeros([x.shape[0], x.shape[3]])
  const inputs = { x: sum, gamma, beta, scale: scale ?? none(), shift: shift ?? none() }
  return runKernel('GroupNormModulated', inputs, attrs).y
}

function composed(
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
  let y: tf.Tensor4D = tf.add(tf.mul(unit, gamma), beta)
  if (scale) y = tf.mul(y, tf.add(tf.reshape(scale, [b, 1, 1, c]), 1))
  if (shift) y = tf.add(y, tf.reshape(shift, [b, 1, 1, c]))
  return y
}
