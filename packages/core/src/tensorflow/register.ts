import * as tf from '@tensorflow/tfjs-core'
import { registerAdamEma } from './adam-ema.js'
import { registerConv2d } from './conv2d.js'
import { defer } from './deferred.js'
import type { TensorflowBackend } from './eager.js'
import { registerGroupNorm } from './group-norm.js'
import { registerResample } from './resample.js'
import { registerSoftmax } from './softmax.js'

/**
 * Give tfjs-node's backend kernels for this package's operations. Once: the registry is global, so another copy of this
 * package may have been here.
 */
export function registerTensorflowKernels(): void {
  if (tf.getKernel('RfGroupNorm', 'tensorflow')) return
  const backend = tf.findBackend('tensorflow') as unknown as TensorflowBackend
  defer(backend)
  registerConv2d(backend)
  registerGroupNorm()
  registerResample()
  registerSoftmax(backend)
  registerAdamEma()
}
