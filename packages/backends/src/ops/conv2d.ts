import {
  checkInt,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkTensor,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

export interface Conv2dOptions {
  strides?: number | [number, number]
  pad?: 'same' | 'valid' | number
  /** Added to the result [B,H',W',O]. */
  skip?: tf.Tensor4D
  /** Multiplies the sum. */
  scale?: number
}

const conv2dNames: OptionNames<Conv2dOptions> = {
  strides: 'optional',
  pad: 'optional',
  skip: 'optional',
  scale: 'optional',
}

/**
 * scale (conv(x) + bias + skip), a 2-D convolution with what a residual block adds to it.
 *
 * @param x       [B,H,W,I]
 * @param filter  [h,w,I,O]
 * @param bias    [O]
 * @returns       [B,H',W',O]
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias?: tf.Tensor1D,
  options: Conv2dOptions = {},
): tf.Tensor4D {
  checkOptions('backends.conv2d', options, conv2dNames)
  const { strides = 1, pad = 'same', skip, scale = 1 } = options
  checkTensor('backends.conv2d', 'x', x, ['B', 'H', 'W', 'I'])
  checkTensor('backends.conv2d', 'filter', filter, ['h', 'w', x.shape[3], 'O'])
  if (bias) checkTensor('backends.conv2d', 'bias', bias, [filter.shape[3]])
  if (typeof pad === 'number') checkInt('backends.conv2d', 'pad', pad, 0)
  else checkOneOf('backends.conv2d', 'pad', pad, ['same', 'valid'])
  checkNumber('backends.conv2d', 'scale', scale)

  const pair: [number, number] = typeof strides === 'number' ? [strides, strides] : strides
  // Padding on all four sides: from one number, tfjs computes the wrong size if filter or strides are not square.
  const pads: 'same' | 'valid' | tf.backend_util.ExplicitPadding =
    typeof pad === 'number'
      ? [
          [0, 0],
          [pad, pad],
          [pad, pad],
          [0, 0],
        ]
      : pad
  if (skip) {
    const { outShape } = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, pair, 1, pads)
    checkTensor('backends.conv2d', 'skip', skip, outShape)
  }
  const attrs = { strides: pair, pad: pads }
  return tf.tidy(() => {
    if (bias && skip && hasKernel('Conv2dSkip'))
      return runKernel('Conv2dSkip', { x, filter, bias, skip }, { ...attrs, scale }).y
    let y: tf.Tensor4D
    if (bias && hasKernel('Conv2dBias')) y = runKernel('Conv2dBias', { x, filter, bias }, attrs).y
    else {
      y = tf.conv2d(x, filter, pair, pads)
      if (bias) y = tf.add(y, bias)
    }
    if (skip) y = tf.add(y, skip)
    return scale === 1 ? y : tf.mul(y, scale)
  })
}
