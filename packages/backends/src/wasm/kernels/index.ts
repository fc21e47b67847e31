import type { Kernels, Replacements } from '../../kernels/register-kernels.js'
import type { WasmBackend } from '../backend.js'
import { adamEma } from './adam-ema.js'
import { addN } from './add-n.js'
import { attention } from './attention.js'
import { attentionGradient } from './attention-gradient.js'
import { avgPoolGrad } from './avg-pool-grad.js'
import { batchMatMul } from './batch-mat-mul.js'
import { binary } from './binary.js'
import { concat } from './concat.js'
import { conv2d } from './conv2d.js'
import { conv2dBackpropFilter } from './conv2d-backprop-filter.js'
import { conv2dBackpropInput } from './conv2d-backprop-input.js'
import { conv2dBias, conv2dSkip } from './conv2d-bias.js'
import { depthwiseConv2dBackpropFilter } from './depthwise-conv2d-backprop-filter.js'
import { depthwiseConv2dBackpropInput } from './depthwise-conv2d-backprop-input.js'
import { dropout } from './dropout.js'
import { groupNorm } from './group-norm.js'
import { groupNormGradient } from './group-norm-gradient.js'
import { identity } from './identity.js'
import { oneHot } from './one-hot.js'
import { repeatBlocks } from './repeat-blocks.js'
import { slice } from './slice.js'
import { softmax } from './softmax.js'
import { splitV } from './split-v.js'
import { squareSums } from './square-sums.js'
import { sum } from './sum.js'
import { sumBlocks } from './sum-blocks.js'
import { step, unary } from './unary.js'

/** This package's kernels on wasm. */
export const kernels = {
  AdamEma: adamEma,
  Attention: attention,
  AttentionGradient: attentionGradient,
  Conv2dBias: conv2dBias,
  Conv2dSkip: conv2dSkip,
  Dropout: dropout,
  GroupNorm: groupNorm,
  GroupNormGradient: groupNormGradient,
  GroupNormModulated: groupNorm,
  RepeatBlocks: repeatBlocks,
  SquareSums: squareSums,
  SumBlocks: sumBlocks,
} satisfies Kernels<WasmBackend>

/** Kernels for training that tfjs's wasm backend lacks, and faster ones than its own. */
export const replacements = {
  Add: binary('Add'),
  AddN: addN,
  AvgPoolGrad: avgPoolGrad,
  BatchMatMul: batchMatMul,
  Concat: concat,
  Conv2D: conv2d,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseConv2dBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseConv2dBackpropInput,
  Identity: identity,
  Multiply: binary('Multiply'),
  OneHot: oneHot,
  RealDiv: binary('RealDiv'),
  Relu: unary('Relu'),
  Slice: slice,
  Softmax: softmax,
  SplitV: splitV,
  Sqrt: unary('Sqrt'),
  Square: unary('Square'),
  Step: step,
  Sub: binary('Sub'),
  Sum: sum,
} satisfies Replacements<WasmBackend>
