import type * as tf from '@tensorflow/tfjs-core'
import type { Eager, Value } from './eager.js'
import { addKernel } from './kernel.js'

interface Inputs {
  x: tf.Tensor4D
  gamma: tf.Tensor1D
  beta: tf.Tensor1D
  scale?: tf.Tensor2D
  shift?: tf.Tensor2D
}

interface Attrs {
  groups: number
  epsilon: number
  activate: boolean
}

/**
 * The affine part with the modulation in it, y = unit · factor + offset, in groups: [G,c] or [B,G,c] with c = C / G. The
 * operations on such small tensors cost nothing but their call.
 */
function affine(ops: Eager, { x, gamma, beta, scale, shift }: Inputs, groups: number) {
  const [b, , , c] = x.shape
  const shape = [groups, c / groups]
  const grouped = (tensor: tf.Tensor, lead: number[]) => ops.reshape(ops.of(tensor), [...lead, ...shape])
  const [plainFactor, plainOffset] = [grouped(gamma, []), grouped(beta, [])]
  if (!scale || !shift) return { plainFactor, plainOffset, factor: plainFactor, offset: plainOffset }
  const gain = ops.add(grouped(scale, [b]), ops.number(1))
  return {
    plainFactor,
    plainOffset,
    gain,
    factor: ops.mul(plainFactor, gain),
    offset: ops.add(ops.mul(plainOffset, gain), grouped(shift, [b])),
  }
}

/**
 * Sums over the pixels of [B,N,C]: [B,C]. Where the widest vector crosses the end of a pixel, TensorFlow adds in an order
 * that depends on a sample's place in the batch: there, the pixels are laid side by side first.
 */
function sumPixels(ops: Eager, x: Value): Value {
  const channels = x.shape[2] as number
  if (channels % 16 === 0) return ops.sum(x, [1])
  return ops.sum(ops.run('Transpose', [x, ops.integers([0, 2, 1])]), [2])
}

/**
 * y, mean and 1/deviation of each group [B,G,1] and, where it activates, y's sigmoid and y before it: all that the
 * gradient needs with x. The large tensors are [B,N,C] with N pixels: factors [B,1,C] are cheap to spread over them, factors
 * of groups are not.
 */
function forward(ops: Eager, inputs: Inputs, { groups, epsilon, activate }: Attrs): Value[] {
  const [b, h, w, c] = inputs.x.shape
  const grouped = [b, groups, c / groups]
  const perChannel = (value: Value) => ops.reshape(value, [b, 1, c])
  const x = ops.reshape(ops.of(inputs.x), [b, h * w, c])
  const share = ops.number(1 / (h * w))
  const groupMean = (pixels: Value) =>
    ops.mul(ops.mean(ops.reshape(sumPixels(ops, pixels), grouped), [2], true), share)

  const mean = groupMean(x)
  const centre = perChannel(ops.run('BroadcastTo', [mean, ops.integers(grouped)]))
  const squares = ops.run('SquaredDifference', [x, centre])
  // TensorFlow's Rsqrt rounds by the place of a number in its vector.
  const deviation = ops.run('Sqrt', [ops.add(groupMean(squares), ops.number(epsilon))])
  const rstd = ops.div(ops.number(1), deviation)
  ops.free(squares)

  const { factor, offset } = affine(ops, inputs, groups)
  const slope = ops.mul(rstd, factor)
  const scaled = ops.mul(x, perChannel(slope))
  const y = ops.add(scaled, perChannel(ops.sub(offset, ops.mul(mean, slope))))
  ops.free(scaled)
  if (!activate) return [ops.reshape(y, inputs.x.shape), mean, rstd]
  const sigmoid = ops.run('Sigmoid', [y])
  return [ops.reshape(ops.mul(y, sigmoid), inputs.x.shape), mean, rstd, sigmoid, y]
}

interface GradientInputs extends Inputs {
  dy: tf.Tensor4D
  mean: tf.Tensor3D
  rstd: tf.Tensor3D
  sigmoid?: tf.Tensor3D
  linear?: tf.Tensor3D
}

/** dx, dgamma, dbeta and, where there is modulation, dscale, dshift. */
function backward(ops: Eager, inputs: GradientInputs, { groups }: Attrs): Value[] {
  const [b, h, w, c] = inputs.x.shape
  const grouped = [b, groups, c / groups]
  const pixels = [b, h * w, c]
  const [mean, rstd] = [ops.of(inputs.mean), ops.of(inputs.rstd)]
  const x = ops.reshape(ops.of(inputs.x), pixels)
  let dy = ops.reshape(ops.of(inputs.dy), pixels)
  if (inputs.sigmoid && inputs.linear) {
    // silu'(y) = s + y s (1 - s)
    const sigmoid = ops.of(inputs.sigmoid)
    const bend = ops.run('SigmoidGrad', [sigmoid, ops.of(inputs.linear)])
    const slope = ops.add(bend, sigmoid)
    ops.free(bend)
    dy = ops.mul(dy, slope)
    ops.free(slope)
  }

  const channelSum = (value: Value) => ops.reshape(sumPixels(ops, value), grouped)
  const sum = channelSum(dy)
  const product = ops.mul(dy, x)
  // The sum of dy times the normalised x.
  const moment = ops.mul(ops.sub(channelSum(product), ops.mul(mean, sum)), rstd)
  ops.free(product)

  const { plainFactor, plainOffset, gain, factor } = affine(ops, inputs, groups)
  const groupMean = (value: Value) =>
    ops.mul(ops.mean(ops.mul(value, factor), [2], true), ops.number(-1 / (h * w)))
  const perChannel = (value: Value) =>
    ops.reshape(ops.run('BroadcastTo', [value, ops.integers(grouped)]), [b, 1, c])
  const slope = ops.mul(groupMean(moment), ops.mul(rstd, rstd))
  const offset = ops.sub(ops.mul(groupMean(sum), rstd), ops.mul(mean, slope))
  const direct = ops.mul(dy, perChannel(ops.mul(rstd, factor)))
  const tilt = ops.mul(x, perChannel(slope))
  const level = ops.add(tilt, perChannel(offset))
  ops.free(tilt)
  const dx = ops.reshape(ops.add(direct, level), inputs.x.shape)

  const overBatch = (value: Value) => ops.reshape(ops.sum(gain ? ops.mul(value, gain) : value, [0]), [c])
  const gradients = [dx, overBatch(moment), overBatch(sum)]
  if (!gain) return gradients
  const dscale = ops.add(ops.mul(moment, plainFactor), ops.mul(sum, plainOffset))
  return [...gradients, ops.reshape(dscale, [b, c]), ops.reshape(sum, [b, c])]
}

/** Group normalisation with its affine part, modulation and activation, and so its gradient, in few passes. */
export function registerGroupNorm(): void {
  addKernel('RfGroupNorm', forward)
  addKernel('RfGroupNormModulated', forward)
  addKernel('RfGroupNormGradient', backward)
}
