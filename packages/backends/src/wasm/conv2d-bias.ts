import * as tf from '@tensorflow/tfjs-core'
import { addKernel } from './backend.js'
import { convolve } from './convolution.js'

interface Inputs {
  x: tf.Tensor4D
  filter: tf.Tensor4D
  bias: tf.Tensor1D
}

interface Attrs {
  strides: [number, number]
  pad: 'same' | 'valid' | tf.backend_util.ExplicitPadding
}

/** A convolution that adds its bias on the way. */
export function registerConv2dBias(): void {
  addKernel<Inputs, Attrs>('RfConv2dBias', ({ inputs, attrs, backend }) => {
    const { x, filter, bias } = inputs
    const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, attrs.strides, 1, attrs.pad)
    return convolve(backend, { x, filter, bias }, info)
  })
}
