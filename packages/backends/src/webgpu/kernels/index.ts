import type { Kernels, Replacements } from '../../kernels/register-kernels.js'
import type { WebgpuBackend } from '../backend.js'
import { adamEma } from './adam-ema.js'
import { attention } from './attention.js'
import { attentionGradient } from './attention-gradient.js'
import { concat } from './concat.js'
import { conv2d } from './conv2d.js'
import { conv2dBackpropFilter } from './conv2d-backprop-filter.js'
import { conv2dBackpropInput } from './conv2d-backprop-input.js'
import { conv2dBias, conv2dSkip } from './conv2d-bias.js'
import { conv2dBiasGradient } from './conv2d-bias-gradient.js'
import { dropout } from './dropout.js'
import { elementwise } from './elementwise.js'
import { groupNorm, groupNormOffset } from './group-norm.js'
import { groupNormGradient, groupNormOffsetGradient } from './group-norm-gradient.js'
import { indexedNormal } from './indexed-normal.js'
import { randomNormal } from './random-normal.js'
import { randomUniform } from './random-uniform.js'
import { resampleDown, resampleUp } from './resample.js'
import { splitV } from './split-v.js'
import { squareSums } from './square-sums.js'
import { stepNumbers } from './step-numbers.js'
import { sum } from './sum.js'

/** The kernels of this package's operations that WebGPU has. */
export const kernels = {
  AdamEma: adamEma,
  Attention: attention,
  AttentionGradient: attentionGradient,
  Conv2dBias: conv2dBias,
  Conv2dBiasGradient: conv2dBiasGradient,
  Conv2dSkip: conv2dSkip,
  Dropout: dropout,
  GroupNorm: groupNorm,
  GroupNormGradient: groupNormGradient,
  GroupNormModulated: groupNorm,
  GroupNormOffset: groupNormOffset,
  GroupNormOffsetGradient: groupNormOffsetGradient,
  IndexedNormal: indexedNormal,
  RandomNormal: randomNormal,
  RandomUniform: randomUniform,
  ResampleDown: resampleDown,
  ResampleUp: resampleUp,
  SquareSums: squareSums,
  StepNumbers: stepNumbers,
} satisfies Kernels<WebgpuBackend>

/** In the place of tfjs's. */
export const replacements = {
  Conv2D: conv2d,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
  Concat: concat,
  SplitV: splitV,
  Sum: sum,
  ...elementwise,
} satisfies Replacements<WebgpuBackend>
