import * as tf from '@tensorflow/tfjs-core'
import { registerKernels } from '../kernels/register-kernels.js'
import type { TensorflowBackend } from './eager.js'
import { kernels, replacements } from './kernels/index.js'
import * as native from './native/index.js'
import { oneDnnOf } from './onednn.js'

/**
 * Give tfjs-node's backend the kernels of kernels/index.ts.
 *
 * @param hasNative  whether libtensorflow has the operations of native/: then also the kernels of native/index.ts
 */
export function registerTensorflowKernels(hasNative: boolean): void {
  oneDnnOf(tf.findBackend('tensorflow') as unknown as TensorflowBackend) // now: no compiled function may record the trial
  if (hasNative) {
    const { Silu, SiluGradient, ...others } = kernels // native norms apply silu themselves
    registerKernels(
      'tensorflow',
      { ...others, ...native.kernels },
      { ...replacements, ...native.replacements },
    )
  } else registerKernels('tensorflow', kernels, replacements)
}
