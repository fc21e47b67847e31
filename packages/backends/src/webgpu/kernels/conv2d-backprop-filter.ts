import type { WebgpuReplacement } from '../backend.js'
import { convolveFilterGradient } from '../convolution/convolve.js'

/** Gradient of a convolution with respect to its filter. The stock kernel has one thread a weight, which reads all pixels. */
export const conv2dBackpropFilter: WebgpuReplacement<'Conv2DBackpropFilter'> = stock => args => {
  if (args.attrs.dataFormat !== 'NHWC') return stock(args)
  return convolveFilterGradient(args.backend, args.inputs, args.attrs)
}
