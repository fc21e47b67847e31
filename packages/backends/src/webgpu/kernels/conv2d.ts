import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuReplacement } from '../backend.js'
import { convolve } from '../convolution/convolve.js'

/** A convolution without bias. */
export const conv2d: WebgpuReplacement<'Conv2D'> = stock => args => {
  const { dataFormat, dilations } = args.attrs
  if (dataFormat !== 'NHWC' || !tf.util.arraysEqual([dilations].flat(), [1, 1])) return stock(args)
  return convolve(args.backend, args.inputs, args.attrs)
}
