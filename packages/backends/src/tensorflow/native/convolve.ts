import * as tf from '@tensorflow/tfjs-core'
import type { Eager, Value } from '../eager.js'
import { none } from './none.js'

type Shape4D = [number, number, number, number]

/** A convolution of NHWC images. */
export interface Shape {
  /** [B,H,W,I] */
  x: Shape4D
  /** [h,w,I,O] */
  filter: Shape4D
  strides: number | [number, number]
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/**
 * Whether native/convolution.c computes it. With 3x3 filters it computes tiles of 4x4 pixels, each with 36 products, where a plain sum
 * has 9 for each pixel. At an image's edges tiles may be partly empty; all together must have fewer than two thirds of the plain
 * sum's products. This depends on a sample's shape, not on the batch.
 */
export function isNative({ x, filter, strides, pad, dimRoundingMode }: Shape): boolean {
  const [batch, height, width, inputs] = x
  const [side, filterWidth, , outputs] = filter
  if (side !== filterWidth || (side !== 3 && side !== 1)) return false
  if (batch * height * width === 0 || !isBlocks(inputs) || !isBlocks(outputs)) return false
  const info = tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode)
  const { top, bottom, left, right } = info.padInfo
  const margin = (side - 1) / 2
  if (info.strideHeight !== 1 || info.strideWidth !== 1) return false
  if ([top, bottom, left, right].some(pixels => pixels !== margin)) return false
  const tiles = Math.ceil(height / 4) * Math.ceil(width / 4)
  return side === 1 || 36 * tiles < 6 * height * width
}

/** Native kernels take channels in blocks of 16. */
export const isBlocks = (channels: number): boolean => channels > 0 && channels % 16 === 0

interface Convolution {
  /** [B,H,W,I] */
  x: tf.Tensor
  /** [h,w,I,O], or [h,w,O,I] if it is turned by 180 degrees */
  filter: tf.Tensor
  bias?: tf.Tensor
  /** Added to the result [B,H,W,O]. */
  skip?: tf.Tensor
  turned?: boolean
  /** Multiplies a sum with skip. */
  scale?: number
}

/** The result [B,H,W,O] of a convolution that isNative. */
export function convolve(ops: Eager, conv: Convolution): Value {
  const { x, filter, bias, skip, turned = false, scale = 1 } = conv
  const inputs = [x, filter, bias, skip].map(tensor => (tensor ? ops.of(tensor) : none(ops)))
  return ops.run('RectifiedFlowConvolution', inputs, { turned: Number(turned), scale: { float: scale } })
}

/** Its gradients with respect to filter and bias. */
export function convolutionSlopes(ops: Eager, x: tf.Tensor, dy: tf.Tensor, [side]: Shape4D) {
  const attrs = { side }
  const [filter, bias] = ops.runAll('RectifiedFlowConvolutionGradient', [ops.of(x), ops.of(dy)], attrs, 2)
  return { filter: filter!, bias: bias! }
}
