import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { addressOf, makeZeros, runUnits, threadsOf, withScratch } from '../simd.js'

/** How many pixels' products are summed in registers. It sets the order of the sums, so it doesn't depend on threads. */
const PIXELS = 256

/** Gradient of a convolution with respect to its filter; tfjs's wasm backend has none. */
export const conv2dBackpropFilter: WasmReplacement<'Conv2DBackpropFilter'> =
  () =>
  ({ inputs, attrs, backend }) => {
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs
    if (dataFormat !== 'NHWC')
      throw new RangeError(`backends.Conv2DBackpropFilter: dataFormat must be 'NHWC', got '${dataFormat}'.`)
    const { x, dy } = inputs
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
    const dw = makeZeros(backend, filterShape)
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info
    const { filterHeight, filterWidth, strideHeight, strideWidth } = info
    const taps = filterHeight * filterWidth
    const rows = Math.max(1, Math.min(outHeight, Math.round(PIXELS / outWidth)))
    const seen = ((rows - 1) * strideHeight + filterHeight) * ((outWidth - 1) * strideWidth + filterWidth)
    const blocks = Math.ceil(inChannels / 4)
    const floats = 4 * seen * blocks + 8 * rows * outWidth * Math.ceil(outChannels / 8)
    withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
      const units = blocks * taps
      const operations = batchSize * outHeight * outWidth * outChannels * inChannels * taps
      const places = [addressOf(backend, x), addressOf(backend, dy), addressOf(backend, dw), scratch, step]
      const sizes = [batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels]
      const filter = [
        filterHeight,
        filterWidth,
        strideHeight,
        strideWidth,
        info.padInfo.top,
        info.padInfo.left,
      ]
      runUnits(backend, 'conv2dBackpropFilter', { units, operations }, [...places, ...sizes, ...filter, rows])
    })
    return dw
  }
