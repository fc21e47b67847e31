import * as tf from '@tensorflow/tfjs-core'
import { addKernel } from './backend.js'
import { addressOf, makeZeros, simdOf } from './simd.js'

interface Inputs {
  x: tf.Tensor4D
  dy: tf.Tensor4D
}

/** Gradient of a convolution with respect to its filter; tfjs's wasm backend has none. */
export function registerConv2dBackpropFilter(): void {
  addKernel<Inputs, tf.Conv2DBackpropFilterAttrs>('Conv2DBackpropFilter', ({ inputs, attrs, backend }) => {
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs
    if (dataFormat !== 'NHWC')
      throw new RangeError(`core.Conv2DBackpropFilter: dataFormat must be 'NHWC', got '${dataFormat}'.`)
    const { x, dy } = inputs
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
    const dw = makeZeros(backend, filterShape)
    simdOf(backend).conv2dBackpropFilter(
      addressOf(backend, x),
      addressOf(backend, dy),
      addressOf(backend, dw),
      info.batchSize,
      info.inHeight,
      info.inWidth,
      info.inChannels,
      info.outHeight,
      info.outWidth,
      info.outChannels,
      info.filterHeight,
      info.filterWidth,
      info.strideHeight,
      info.strideWidth,
      info.padInfo.top,
      info.padInfo.left,
    )
    return dw
  })
}
