import * as tf from '@tensorflow/tfjs-core'
import { registerKernels } from '../kernels/register-kernels.js'
import type { TensorflowBackend } from './eager.js'
import { kernels, replacements } from './kernels/index.js'
import { oneDnnOf } from './onednn.js'

/** Give tfjs-node's backend the kernels of kernels/index.ts. */
export function registerTensorflowKernels(): void {
  oneDnnOf(tf.findBackend('tensorflow') as unknown as TensorflowBackend) // now: no compiled function may record the trial
  registerKernels('tensorflow', kernels, replacements)
}
