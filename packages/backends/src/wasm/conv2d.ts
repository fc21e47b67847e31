import * as tf from '@tensorflow/tfjs-core'
import { replaceKernel } from './backend.js'
import { convolve, isUndilated } from './convolution.js'

interface Inputs {
  x: tf.Tensor4D
  filter: tf.Tensor4D
}

/** Convolution: XNNPACK's only where it is dilated. */
export function registerConv2d(): void {
  replaceKernel<Inputs, tf.Conv2DAttrs>('Conv2D', stock => args => {
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
  })
}
