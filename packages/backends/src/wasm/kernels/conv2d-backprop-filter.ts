import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { addTransposedProduct } from '../panels.js'
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
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info
    const { filterHeight, filterWidth, strideHeight, strideWidth } = info
    const { top, left } = info.padInfo
    const filterSides: [number, number] = [filterHeight, filterWidth]
    const steps: [number, number] = [strideHeight, strideWidth]
    const shapes = { inShape: x.shape, outShape: dy.shape }
    const dw = makeZeros(backend, filterShape)
    const [from, of, out] = [x, dy, dw].map(tensor => addressOf(backend, tensor)) as [number, number, number]
    if (tilesPay({ ...shapes, filterShape: filterSides, strides: steps })) {
      filterGradientByTiles(backend, { x: from, dy: of, dw: out }, { ...shapes, top, left })
      return dw
    }
    const onePixel = [...filterSides, ...steps].every(side => side === 1)
    if (onePixel && outHeight === inHeight && outWidth === inWidth) {
      const rows = batchSize * inHeight * inWidth
      addTransposedProduct(
        backend,
        { x: from, y: of, out },
        { batches: 1, rows, m: inChannels, n: outChannels },
      )
      return dw
    }
    const taps = filterHeight * filterWidth
    const rows = Math.max(1, Math.min(outHeight, Math.round(PIXELS / outWidth)))
    const seen = ((rows - 1) * strideHeight + filterHeight) * ((outWidth - 1) * strideWidth + filterWidth)
    const blocks = Math.ceil(inChannels / 4)
    const floats = 4 * seen * blocks + 8 * rows * outWidth * Math.ceil(outChannels / 8)
    withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
      const units = blocks * taps
      const operations = batchSize * outHeight * outWidth * outChannels * inChannels * taps
      const sizes = [batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels]
      const filter = [...filterSides, ...steps, top, left]
      runUnits(backend, 'conv2dBackpropFilter', { units, operations }, [
        from,
        of,
        out,
        scratch,
        step,
        ...sizes,
        ...filter,
        rows,
      ])
    })
    return dw
  }
