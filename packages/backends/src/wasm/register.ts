import * as tf from '@tensorflow/tfjs-core'
import { registerAdamEma } from './adam-ema.js'
import { registerBatchMatMul } from './batch-mat-mul.js'
import { registerConcat } from './concat.js'
import { registerConv2d } from './conv2d.js'
import { registerConv2dBackpropFilter } from './conv2d-backprop-filter.js'
import { registerConv2dBackpropInput } from './conv2d-backprop-input.js'
import { registerConv2dBias } from './conv2d-bias.js'
import { registerDepthwiseConv2dBackpropFilter } from './depthwise-conv2d-backprop-filter.js'
import { registerDepthwiseConv2dBackpropInput } from './depthwise-conv2d-backprop-input.js'
import { registerGroupNorm } from './group-norm.js'
import { registerIdentity } from './identity.js'
import { registerOneHot } from './one-hot.js'
import { registerResample } from './resample.js'
import { registerSum } from './sum.js'

/**
 * Give tfjs's wasm backend the kernels that it lacks for training, faster ones for some that it has, and those of
 * this package's operations. Once: the registry is global, so another copy of this package may have been here. Call it
 * when the backend's module is loaded and before it starts.
 */
export function registerWasmKernels(): void {
  // With threads the heap is shared memory, which a module that expects plain memory can't use.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  if (tf.getKernel('RfConv2dBias', 'wasm')) return
  registerIdentity()
  registerBatchMatMul()
  registerConv2d()
  registerConv2dBackpropInput()
  registerConv2dBackpropFilter()
  registerDepthwiseConv2dBackpropInput()
  registerDepthwiseConv2dBackpropFilter()
  registerConcat()
  registerSum()
  registerOneHot()
  registerConv2dBias()
  registerGroupNorm()
  registerResample()
  registerAdamEma()
}
