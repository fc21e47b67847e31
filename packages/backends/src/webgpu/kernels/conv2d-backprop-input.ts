import type { WebgpuReplacement } from '../backend.js'
import { convolveInputGradient } from '../convolution/convolve.js'

/** Gradient of a convolution with respect to its input. */
export const conv2dBackpropInput: WebgpuReplacement<'Conv2DBackpropInput'> = stock => args => {
  if (args.attrs.dataFormat !== 'NHWC') return stock(args)
  return convolveInputGradient(args.backend, args.inputs, args.attrs)
}
