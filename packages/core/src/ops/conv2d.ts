import * as tf from '@tensorflow/tfjs-core'

export interface Conv2dOptions {
  strides?: number | [number, number]
  pad?: 'same' | 'valid' | number
}

/**
 * 2-D convolution with bias.
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
  { strides = 1, pad = 'same' }: Conv2dOptions = {},
): tf.Tensor4D {
  return tf.tidy(() => {
    const y = tf.conv2d(x, filter, strides, pad)
    return bias ? tf.add(y, bias) : y
  })
}
