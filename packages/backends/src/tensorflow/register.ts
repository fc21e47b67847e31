import * as tf from '@tensorflow/tfjs-core'
import { registerAdamEma } from './adam-ema.js'
import { registerConv2d } from './conv2d.js'
import type { TensorflowBackend } from './eager.js'
import { defer } from './graph/deferred.js'
import { registerGroupNorm } from './group-norm.js'
import { registerResample } from './resample.js'
import { registerSoftmax } from './softmax.js'

const started = new WeakSet<object>()

/**
 * Give tfjs-node's backend kernels for this package's operations, and graphs. Each backend once, so that a later call
 * doesn't bring the graphs that the first one left out; kernels once for all, since their registry is global, and another
 * copy of this package, or tfjs-node-gpu without a device, may have been here.
 */
export function registerTensorflowKernels({ graphs }: { graphs: boolean }): void {
  const backend = tf.findBackend('tensorflow') as unknown as TensorflowBackend
  if (started.has(backend)) return
  started.add(backend)
  if (graphs) defer(backend)
  if (tf.getKernel('RfGroupNorm', 'tensorflow')) return
  registerConv2d(backend)
  registerGroupNorm()
  registerResample()
  registerSoftmax(backend)
  registerAdamEma()
}
