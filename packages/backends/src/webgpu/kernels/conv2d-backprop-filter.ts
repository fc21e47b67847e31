import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuReplacement } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { filterGradientText, tilingFor } from '../filter-gradient-text.js'
import { sumOver } from '../sum-over.js'

/** Workgroups that keep a large GPU busy, and the least pixels that are worth one. */
const WORKGROUPS = 1024
const LEAST_PIXELS = 128

/**
 * Gradient of a convolution with respect to its filter: a product of matrices, [taps · I, pixels] times [pixels, O]. The result
 * is small and the sums are long, so the pixels are split into parts, each with a result of its own, and these are added
 * up. The stock kernel has one thread a weight, which goes through all pixels.
 */
export const conv2dBackpropFilter: WebgpuReplacement<'Conv2DBackpropFilter'> = stock => args => {
  const { inputs, attrs, backend } = args
  if (attrs.dataFormat !== 'NHWC') return stock(args)
  const { x, dy } = inputs
  const { strides, pad, dimRoundingMode, filterShape } = attrs
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
  const rows = info.filterHeight * info.filterWidth * info.inChannels
  const pixels = info.batchSize * info.outHeight * info.outWidth
  const tiling = tilingFor(info)
  const tiles = [Math.ceil(rows / tiling.tile), Math.ceil(info.outChannels / tiling.tile)] as const

  const wanted = Math.min(Math.ceil(WORKGROUPS / (tiles[0] * tiles[1])), Math.ceil(pixels / LEAST_PIXELS))
  const perPart = Math.max(1, Math.ceil(pixels / Math.max(1, wanted)))
  const parts = Math.max(1, Math.ceil(pixels / perPart))
  const result = backend.makeTensorInfo(parts === 1 ? filterShape : [parts, ...filterShape], 'float32')
  dispatch(backend, {
    shader: filterGradientText(info, tiling, perPart),
    read: [x, dy],
    write: [result],
    workgroups: [...tiles, parts],
  })
  if (parts === 1) return result
  const inner = tf.util.sizeFromShape(filterShape)
  const total = sumOver(backend, result, { outer: 1, count: parts, inner, shape: filterShape })
  backend.disposeData(result.dataId)
  return total
}
