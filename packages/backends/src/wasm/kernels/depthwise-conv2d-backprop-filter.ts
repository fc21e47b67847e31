import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'

/** Gradient of a depthwise convolution with respect to its filter: for each tap, the sum over all pixels of x times dy. */
export const depthwiseConv2dBackpropFilter: WasmReplacement<'DepthwiseConv2dNativeBackpropFilter'> =
  () =>
  ({ inputs: { x, dy }, attrs }) => {
    const { strides, dilations, pad, dimRoundingMode, filterShape } = attrs
    const info = tf.backend_util.computeConv2DInfo(
      x.shape,
      filterShape,
      strides,
      dilations ?? 1,
      pad,
      dimRoundingMode,
      true,
    )
    const { strideHeight, strideWidth, outHeight, outWidth } = info
    const [h, w, c, multiplier] = filterShape
    return tf.tidy(() => {
      const [b] = x.shape
      const { top, left } = info.padInfo
      const needed = (out: number, stride: number, size: number) => (out - 1) * stride + size
      const below = needed(outHeight, strideHeight, info.effectiveFilterHeight) - info.inHeight - top
      const after = needed(outWidth, strideWidth, info.effectiveFilterWidth) - info.inWidth - left
      const padded = tf.pad(x, [
        [0, 0],
        [top, Math.max(0, below)],
        [left, Math.max(0, after)],
        [0, 0],
      ])
      const grouped = tf.reshape(dy, [b, outHeight, outWidth, c, multiplier])
      const taps: tf.Tensor[] = []
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++)
          taps.push(
            tf.tidy(() => {
              const begin = [0, i * info.dilationHeight, j * info.dilationWidth, 0]
              const end = [
                b,
                begin[1]! + needed(outHeight, strideHeight, 1),
                begin[2]! + needed(outWidth, strideWidth, 1),
                c,
              ]
              const seen = tf.stridedSlice(padded, begin, end, [1, strideHeight, strideWidth, 1])
              return tf.sum(tf.mul(tf.expandDims(seen, 4), grouped), [0, 1, 2])
            }),
          )
      return tf.reshape(tf.stack(taps), filterShape)
    })
  }
