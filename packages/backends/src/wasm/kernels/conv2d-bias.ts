import * as tf from '@tensorflow/tfjs-core'
import type { WasmKernel } from '../backend.js'
import { convolve } from '../convolution.js'

/** A convolution that also adds the bias. */
export const conv2dBias: WasmKernel<'Conv2dBias'> = ({ inputs, attrs, backend }) => {
  const { x, filter } = inputs
  const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, attrs.strides, 1, attrs.pad)
  return { y: convolve(backend, inputs, info) }
}

/** One that also adds another tensor, and multiplies the sum with a number. */
export const conv2dSkip: WasmKernel<'Conv2dSkip'> = ({ inputs, attrs, backend }) => {
  const { x, filter } = inputs
  const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, attrs.strides, 1, attrs.pad)
  return { y: convolve(backend, inputs, info, attrs.scale) }
}
