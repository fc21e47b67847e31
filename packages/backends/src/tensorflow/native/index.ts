import type { Kernels, Replacements } from '../../kernels/register-kernels.js'
import type { TensorflowBackend } from '../eager.js'
import { adamEma, squareSums } from './adam-ema.js'
import { attention, attentionGradient } from './attention.js'
import { repeatBlocks, sumBlocks } from './blocks.js'
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './conv2d.js'
import { conv2dBias, conv2dSkip } from './conv2d-bias.js'
import { conv2dBiasGradient } from './conv2d-bias-gradient.js'
import { groupNorm, groupNormGradient, groupNormOffset, groupNormOffsetGradient } from './group-norm.js'
import { dropout, indexedNormal, randomNormal } from './random.js'

/** Kernels of native/, which take the place of those of kernels/. */
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
  RepeatBlocks: repeatBlocks,
  SquareSums: squareSums,
  SumBlocks: sumBlocks,
} satisfies Kernels<TensorflowBackend>

export const replacements = {
  Conv2D: conv2d,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
} satisfies Replacements<TensorflowBackend>
