import * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend, WasmReplacement } from '../backend.js'
import { multiplyTransposed } from '../panels.js'
import { addressOf, makeZeros, runUnits, threadsOf, withScratch } from '../simd.js'
import { filterGradientByTiles, tilesPay } from '../winograd.js'

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
    if (x.size === 0 || dy.size === 0) return makeZeros(backend, filterShape)
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
    const dw = backend.makeOutput(filterShape, 'float32')
    const places = { x: addressOf(backend, x), dy: addressOf(backend, dy), dw: addressOf(backend, dw) }
    const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } =
      info
    const conv = {
      inShape: x.shape,
      outShape: dy.shape,
      filterShape: [filterHeight, filterWidth] as [number, number],
      strides: [strideHeight, strideWidth] as [number, number],
      ...info.padInfo,
    }
    const onePixel = [...conv.filterShape, ...conv.strides].every(side => side === 1)
    if (tilesPay(conv)) filterGradientByTiles(backend, places, conv)
    else if (onePixel && outHeight === inHeight && outWidth === inWidth) {
      const rows = info.batchSize * inHeight * inWidth
      const sizes = { batches: 1, rows, m: info.inChannels, n: info.outChannels }
      multiplyTransposed(backend, { x: places.x, y: places.dy, out: places.dw }, sizes)
    } else filterGradientByPixels(backend, places, info)
    return dw
  }

function filterGradientByPixels(
  backend: WasmBackend,
  { x, dy, dw }: { x: number; dy: number; dw: number },
  info: tf.backend_util.Conv2DInfo,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info
  const taps = filterHeight * filterWidth
  const rows = Math.max(1, Math.min(outHeight, Math.round(PIXELS / outWidth)))
  const seen = ((rows - 1) * strideHeight + filterHeight) * ((outWidth - 1) * strideWidth + filterWidth)
  const blocks = Math.ceil(inChannels / 4)
  const floats = 4 * seen * blocks + 8 * rows * outWidth * Math.ceil(outChannels / 8)
  withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
    const units = blocks * taps
    const operations = batchSize * outHeight * outWidth * outChannels * inChannels * taps
    const sizes = [batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels]
    const filter = [filterHeight, filterWidth, strideHeight, strideWidth, padInfo.top, padInfo.left, rows]
    const values = [x, dy, dw, scratch, step, ...sizes, ...filter]
    runUnits(backend, 'conv2dBackpropFilter', { units, operations }, values)
  })
}
