import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { runRepeatBlocks } from './repeat-blocks.js'

/** Gradient of an average over blocks of 2x2 pixels: each gets a quarter. The stock loop takes 10 times as long. */
export const avgPoolGrad: WasmReplacement<'AvgPoolGrad'> = stock => args => {
  const { inputs, attrs, backend } = args
  const { dy, input } = inputs
  const { inHeight, inWidth, padInfo, ...info } = tf.backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  )
  const sides = [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth]
  const inBlocks = sides.every(side => side === 2) && inHeight % 2 === 0 && inWidth % 2 === 0
  if (!inBlocks || padInfo.top !== 0 || padInfo.left !== 0) return stock(args)
  return runRepeatBlocks(backend, dy, 0.25)
}
