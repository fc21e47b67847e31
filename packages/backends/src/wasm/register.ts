import * as tf from '@tensorflow/tfjs-core'
import { registerKernels } from '../kernels/register-kernels.js'
import { kernels, replacements } from './kernels/index.js'
import { loadKernels } from './simd.js'

/**
 * Give tfjs's wasm backend the kernels of kernels/index.ts. Call this after tfjs-backend-wasm is loaded and before the
 * backend starts.
 */
export async function registerWasmKernels(): Promise<void> {
  await loadKernels()
  // With tfjs's threads its heap is shared memory, which our module without shared memory can't use.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  registerKernels('wasm', kernels, replacements)
}
