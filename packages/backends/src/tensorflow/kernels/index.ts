import type { Kernels, Replacements } from '../../kernels/register-kernels.js'
import type { TensorflowBackend } from '../eager.js'
import { adamEma } from './adam-ema.js'
import { conv2dBackpropFilter } from './conv2d-backprop-filter.js'
import { conv2dBackpropInput } from './conv2d-backprop-input.js'
import { conv2dBias, conv2dSkip } from './conv2d-bias.js'
import { conv2dBiasGradient } from './conv2d-bias-gradient.js'
import { groupNorm } from './group-norm.js'
import { groupNormGradient } from './group-norm-gradient.js'
import { groupNormOffset, groupNormOffsetGradient } from './group-norm-offset.js'
import { repeatBlocks } from './repeat-blocks.js'
import { silu, siluGradient } from './silu.js'
import { softmax } from './softmax.js'
import { squareSums } from './square-sums.js'
import { step } from './step.js'
import { sumBlocks } from './sum-blocks.js'

/** This package's kernels on tfjs-node. */
export const kernels = {
  AdamEma: adamEma,
  Conv2dBias: conv2dBias,
  Conv2dBiasGradient: conv2dBiasGradient,
  Conv2dSkip: conv2dSkip,
  GroupNorm: groupNorm,
  GroupNormGradient: groupNormGradient,
  GroupNormModulated: groupNorm,
  GroupNormOffset: groupNormOffset,
  GroupNormOffsetGradient: groupNormOffsetGradient,
  RepeatBlocks: repeatBlocks,
  Silu: silu,
  SiluGradient: siluGradient,
  SquareSums: squareSums,
  SumBlocks: sumBlocks,
} satisfies Kernels<TensorflowBackend>

/** Kernels that replace tfjs-node's own. */
export const replacements = {
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
  Softmax: softmax,
  Step: step,
} satisfies Replacements<TensorflowBackend>
