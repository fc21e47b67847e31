import * as tf from '@tensorflow/tfjs-core'
import { registerAdamEma } from './adam-ema.js'
import { registerConv2d } from './conv2d.js'
import type { TensorflowBackend } from './eager.js'
import { registerGroupNorm } from './group-norm.js'
import { registerResample } from './resample.js'
import { registerSoftmax } from './softmax.js'

/**
 * Give tfjs-node's backend kernels for this package's operations. Once for all: their registry is global, and another copy
 * of this package, or tfjs-node-gpu without a device, may have been here.
 */
export function registerTensorflowKernels(): void {
  const backend = tf.findBackend('tensorflow') as unknown as TensorflowBackend
  if (tf.getKernel('RfGroupNorm', 'tensorflow')) return
  registerConv2d(backend)
  registerGroupNorm()
  registerResample()
  registerSoftmax(backend)
  registerAdamEma()
}
