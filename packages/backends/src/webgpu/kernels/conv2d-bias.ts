import type { WebgpuKernel } from '../backend.js'
import { convolve } from '../convolution/convolve.js'

/** A convolution that adds a bias, and a skip if there is one, where it writes. */
export const conv2dBias: WebgpuKernel<'Conv2dBias'> = ({ inputs, attrs, backend }) => ({
  y: convolve(backend, inputs, attrs),
})

export const conv2dSkip: WebgpuKernel<'Conv2dSkip'> = ({ inputs, attrs, backend }) => ({
  y: convolve(backend, inputs, attrs),
})
