import * as tf from '@tensorflow/tfjs-core'
import { addKernel, type WasmKernel } from './backend.js'
import { directConv2d, isDirect } from './direct-conv2d.js'

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
  const fused = tf.getKernel('FusedConv2D', 'wasm').kernelFunc as unknown as WasmKernel<Inputs, object>
  addKernel<Inputs, Attrs>('RfConv2dBias', ({ inputs, attrs, backend }) => {
    const { x, filter, bias } = inputs
    const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, attrs.strides, 1, attrs.pad)
    if (isDirect(info)) {
      const { top, left } = info.padInfo
      return directConv2d(backend, { x, filter, bias, outShape: info.outShape, top, left })
    }
    const all = { ...attrs, dilations: [1, 1], dataFormat: 'NHWC', activation: 'linear' }
    // It looks at the shape that the memory of a tensor was first made with, which a reshaped bias shares.
    backend.dataIdMap.get(bias.dataId).shape = bias.shape
    return fused({ inputs, attrs: all, backend })
  })
}
