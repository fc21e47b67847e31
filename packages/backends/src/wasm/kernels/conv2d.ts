import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { convolve, isUndilated } from '../convolution.js'

/** Convolution. Only dilated ones are left to the stock kernel (XNNPACK). */
export const conv2d: WasmReplacement<'Conv2D'> = stock => args => {
  const { x, filter } = args.inputs
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = args.attrs
  if (dataFormat !== 'NHWC') return stock(args)
  const info = tf.backend_util.computeConv2DInfo(
    x.shape,
    filter.shape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  )
  return isUndilated(info) ? convolve(args.backend, args.inputs, info) : stock(args)
}
