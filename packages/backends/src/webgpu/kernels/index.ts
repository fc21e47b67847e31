import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { Kernels, Replacements } from '../../kernels/register-kernels.js'

/** The kernels of this package's operations that WebGPU has. */
export const kernels = {} satisfies Kernels<WebGPUBackend>

/** In the place of tfjs's. */
export const replacements = {} satisfies Replacements<WebGPUBackend>
