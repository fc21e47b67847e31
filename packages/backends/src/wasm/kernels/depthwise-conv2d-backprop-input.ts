import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { spread } from '../spread.js'

/**
 * Gradient of a depthwise convolution with respect to its input. It is dy (with zeros between its rows and columns, for
 * strides) convolved with the filter turned by 180 degrees, and summed over the channel multiplier.
 */
export const depthwiseConv2dBackpropInput: WasmReplacement<'DepthwiseConv2dNativeBackpropInput'> =
  () =>
  ({ inputs: { dy, filter }, attrs }) => {
    const { strides, dilations, pad, dimRoundingMode, inputShape } = attrs
    const info = tf.backend_util.computeConv2DInfo(
      inputShape,
      filter.shape,
      strides,
      dilations ?? 1,
      pad,
      dimRoundingMode,
      true,
    )
    const [h, w, c, multiplier] = filter.shape
    return tf.tidy(() => {
      const spreadDy = spread(dy, info.strideHeight, info.strideWidth)
      const [b, spreadHeight, spreadWidth] = spreadDy.shape
      const above = info.effectiveFilterHeight - 1
      const before = info.effectiveFilterWidth - 1
      // First all pixels that the filter reaches, with the padding; then the input's part of them.
      const padded: tf.Tensor4D = tf.pad(spreadDy, [
        [0, 0],
        [above, Math.max(above, info.inHeight + info.padInfo.top - spreadHeight)],
        [before, Math.max(before, info.inWidth + info.padInfo.left - spreadWidth)],
        [0, 0],
      ])
      const turned: tf.Tensor4D = tf.reshape(tf.reverse(filter, [0, 1]), [h, w, c * multiplier, 1])
      const touched = tf.depthwiseConv2d(padded, turned, 1, 'valid', 'NHWC', [
        info.dilationHeight,
        info.dilationWidth,
      ])
      const dx = tf.slice(
        touched,
        [0, info.padInfo.top, info.padInfo.left, 0],
        [b, info.inHeight, info.inWidth, c * multiplier],
      )
      if (multiplier === 1) return dx
      return tf.sum(tf.reshape(dx, [b, info.inHeight, info.inWidth, c, multiplier]), 4)
    })
  }
