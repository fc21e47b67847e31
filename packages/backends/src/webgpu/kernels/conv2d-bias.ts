import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuKernel } from '../backend.js'

/** tfjs's convolution, which adds a bias where it writes. */
export const conv2dBias: WebgpuKernel<'Conv2dBias'> = ({ inputs: { x, filter, bias }, attrs, backend }) => {
  const given: object = { ...attrs, dataFormat: 'NHWC', dilations: [1, 1], activation: 'linear' }
  const fused = tf.getKernel('FusedConv2D', 'webgpu').kernelFunc
  return {
    y: fused({ inputs: { x, filter, bias }, attrs: given as tf.NamedAttrMap, backend }) as tf.TensorInfo,
  }
}
