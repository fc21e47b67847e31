import type { Kernels, Replacements } from '../../kernels/register-kernels.js'
import type { WebgpuBackend } from '../backend.js'
import { groupNorm } from './group-norm.js'
import { groupNormGradient } from './group-norm-gradient.js'

/** The kernels of this package's operations that WebGPU has. */
export const kernels = {
  GroupNorm: groupNorm,
  GroupNormGradient: groupNormGradient,
  GroupNormModulated: groupNorm,
} satisfies Kernels<WebgpuBackend>

/** In the place of tfjs's. */
export const replacements = {} satisfies Replacements<WebgpuBackend>
