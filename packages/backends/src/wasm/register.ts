import * as tf from '@tensorflow/tfjs-core'
import { registerKernels } from '../kernels/register-kernels.js'
import { kernels, replacements } from './kernels/index.js'

/**
 * Give tfjs's wasm backend the kernels of kernels/index.ts. Call it when the backend's module is loaded and before it
 * starts.
 */
export function registerWasmKernels(): void {
  // With threads the heap is shared memory, which a module that expects plain memory can't use.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  registerKernels('wasm', kernels, replacements)
}
