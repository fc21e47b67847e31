import type * as tf from '@tensorflow/tfjs-core'
import type { GroupNormAttrs, GroupNormInputs } from '../ops/kernel-inputs.js'
import type { Eager, Value } from './eager.js'
import { addKernel } from './kernel.js'

/**
 * The affine part with the modulation in it, y = unit · factor + offset. All small tensors are [C] or [B,1,C], so that none
 * needs another shape: operations on them cost nothing but their call.
 */
function affine(ops: Eager, { x, gamma, beta, scale, shift }: GroupNormInputs) {
  const [b, , , c] = x.shape
  const [plainFactor, plainOffset] = [ops.of(gamma), ops.of(beta)]
  if (!scale || !shift) return { plainFactor, plainOffset, factor: plainFactor, offset: plainOffset }
  const gain = ops.add(ops.reshape(ops.of(scale), [b, 1, c]), ops.number(1))
  return {
    plainFactor,
    plainOffset,
    gain,
    factor: ops.mul(plainFactor, gain),
    offset: ops.add(ops.mul(plainOffset, gain), ops.reshape(ops.of(shift), [b, 1, c])),
  }
}

/**
 * Means over the pixels of [B,N,C]: [B,1,C]. Where the widest vector crosses the end of a pixel, TensorFlow adds in an
 * order that depends on a sample's place in the batch: there, the pixels are laid side by side first.
 */
function pixelMean(ops: Eager, x: Value): Value {
  const [b, , c] = x.shape as [number, number, number]
  if (c % 16 === 0) return ops.mean(x, [1], true)
  const mean = ops.mean(ops.run('Transpose', [x, ops.integers([0, 2, 1])]), [2])
  return ops.reshape(mean, [b, 1, c])
}

/** The mean of each channel's group, from [B,1,C] to [B,1,C]. */
function groupMean(ops: Eager, x: Value, groups: number): Value {
  const [b, , c] = x.shape as [number, number, number]
  if (groups === c) return x
  const size = c / groups
  const mean = ops.mean(ops.reshape(x, [b, groups, size]), [2], true)
  const ones = ops.constant(`ones ${size}`, [size], () => new Float32Array(size).fill(1))
  return ops.reshape(ops.mul(mean, ones), [b, 1, c])
}

/**
 * y, mean and 1/deviation of each channel's group [B,1,C] and, where it activates, the sigmoid: all that the gradient needs
 * with x. The large tensors are [B,N,C] with N pixels.
 */
function forward(
  ops: Eager,
  inputs: GroupNormInputs,
  { groups, epsilon, activate }: GroupNormAttrs,
): Value[] {
  const [b, h, w, c] = inputs.x.shape
  const x = ops.reshape(ops.of(inputs.x), [b, h * w, c])

  const mean = groupMean(ops, pixelMean(ops, x), groups)
  const squares = ops.run('SquaredDifference', [x, mean])
  const variance = groupMean(ops, pixelMean(ops, squares), groups)
  ops.free(squares)
  // TensorFlow's Rsqrt rounds by the place of a number in its vector.
  const rstd = ops.div(ops.number(1), ops.run('Sqrt', [ops.add(variance, ops.number(epsilon))]))

  const { factor, offset } = affine(ops, inputs)
  const slope = ops.mul(rstd, factor)
  const scaled = ops.mul(x, slope)
  const linear = ops.add(scaled, ops.sub(offset, ops.mul(mean, slope)))
  ops.free(scaled)
  if (!activate) return [ops.reshape(linear, inputs.x.shape), mean, rstd]
  const sigmoid = ops.run('Sigmoid', [linear])
  return [ops.reshape(ops.mul(linear, sigmoid), inputs.x.shape), mean, rstd, sigmoid]
}

interface GradientInputs extends GroupNormInputs {
  dy: tf.Tensor4D
  y: tf.Tensor4D
  mean: tf.Tensor3D
  rstd: tf.Tensor3D
  sigmoid?: tf.Tensor3D
}

/** dx, dgamma, dbeta and, where there is modulation, dscale, dshift. */
function backward(ops: Eager, inputs: GradientInputs, { groups }: GroupNormAttrs): Value[] {
  const [b, h, w, c] = inputs.x.shape
  const pixels = [b, h * w, c]
  const [mean, rstd] = [ops.of(inputs.mean), ops.of(inputs.rstd)]
  const x = ops.reshape(ops.of(inputs.x), pixels)
  let dy = ops.reshape(ops.of(inputs.dy), pixels)
  if (inputs.sigmoid) {
    // y = silu(l) = l s and silu'(l) = s + l s (1 - s): l itself need not be kept.
    const sigmoid = ops.of(inputs.sigmoid)
    const rest = ops.sub(ops.number(1), sigmoid)
    const bend = ops.mul(rest, ops.reshape(ops.of(inputs.y), pixels))
    ops.free(rest)
    const slope = ops.add(bend, sigmoid)
    ops.free(bend)
    dy = ops.mul(dy, slope)
    ops.free(slope)
  }

  const level = pixelMean(ops, dy)
  const product = ops.mul(dy, x)
  // The mean over the pixels of dy times the normalised x.
  const moment = ops.mul(ops.sub(pixelMean(ops, product), ops.mul(mean, level)), rstd)
  ops.free(product)

  // dx = (dy f - mean(dy f) - unit mean(dy f unit)) rstd, as dy a + (x b + c)
  const { plainFactor, plainOffset, gain, factor } = affine(ops, inputs)
  const tilt = ops.mul(groupMean(ops, ops.mul(moment, factor), groups), rstd)
  const shift = ops.sub(ops.mul(mean, tilt), groupMean(ops, ops.mul(level, factor), groups))
  const tilted = ops.mul(x, ops.mul(tilt, ops.run('Neg', [rstd])))
  const other = ops.add(tilted, ops.mul(shift, rstd))
  ops.free(tilted)
  const direct = ops.mul(dy, ops.mul(factor, rstd))
  const dx = ops.reshape(ops.add(direct, other), inputs.x.shape)

  const size = ops.number(h * w)
  const overBatch = (value: Value) => ops.mul(ops.sum(gain ? ops.mul(value, gain) : value, [0, 1]), size)
  const gradients = [dx, overBatch(moment), overBatch(level)]
  if (!gain) return gradients
  const perSample = (value: Value) => ops.reshape(ops.mul(value, size), [b, c])
  const dscale = ops.add(ops.mul(moment, plainFactor), ops.mul(level, plainOffset))
  return [...gradients, perSample(dscale), perSample(level)]
}

/** Group normalisation with its affine part, modulation and activation, and so its gradient, in few passes. */
export function registerGroupNorm(): void {
  addKernel('RfGroupNorm', forward)
  addKernel('RfGroupNormModulated', forward)
  addKernel('RfGroupNormGradient', backward)
}
