import * as tf from '@tensorflow/tfjs-core'
import { registerGroupNorm } from './group-norm.js'

/**
 * Give tfjs-node's backend kernels for this package's operations. Once: the registry is global, so another copy of this
 * package may have been here.
 */
export function registerTensorflowKernels(): void {
  if (tf.getKernel('RfGroupNorm', 'tensorflow')) return
  registerGroupNorm()
}
