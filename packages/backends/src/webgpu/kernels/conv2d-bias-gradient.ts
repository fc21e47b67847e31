import type { WebgpuKernel } from '../backend.js'
import { convolveFilterGradient } from '../convolution/convolve.js'

/** The gradients with respect to filter and bias, which both go through all of dy. */
export const conv2dBiasGradient: WebgpuKernel<'Conv2dBiasGradient'> = ({ inputs, attrs, backend }) => {
  const bias = backend.makeTensorInfo([inputs.dy.shape[3]], 'float32')
  return { filter: convolveFilterGradient(backend, inputs, attrs, bias), bias }
}
