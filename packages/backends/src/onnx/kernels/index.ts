import type { KernelName } from '../../kernels/table.js'
import type { OnnxKernel } from '../kernel.js'
import * as arrange from './arrange.js'
import { attention } from './attention.js'
import { conv2d, conv2dBias, conv2dSkip, depthwise } from './conv2d.js'
import * as elementwise from './elementwise.js'
import { groupNorm } from './group-norm.js'
import { matMul } from './mat-mul.js'
import { reduce, softmax } from './reduce.js'
import { repeatBlocks, resampleDown, resampleUp, sumBlocks } from './resample.js'

const { binary, comparison, unary } = elementwise

/** This package's kernels as ONNX. */
export const kernels = {
  Attention: attention,
  Conv2dBias: conv2dBias,
  Conv2dSkip: conv2dSkip,
  GroupNorm: groupNorm,
  GroupNormModulated: groupNorm,
  RepeatBlocks: repeatBlocks,
  ResampleDown: resampleDown,
  ResampleUp: resampleUp,
  SumBlocks: sumBlocks,
} satisfies { [Name in KernelName]?: OnnxKernel<never, never> }

/** Kernels of tfjs as ONNX. */
export const stockKernels = {
  Abs: unary('Abs'),
  Add: binary('Add'),
  AddN: elementwise.addN,
  BatchMatMul: matMul,
  Cast: elementwise.cast,
  Ceil: unary('Ceil'),
  ClipByValue: elementwise.clip,
  Concat: arrange.concat,
  Conv2D: conv2d,
  Cos: unary('Cos'),
  DepthwiseConv2dNative: depthwise,
  Elu: unary('Elu'),
  Equal: comparison('Equal'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  ExpandDims: arrange.expandDims,
  Floor: unary('Floor'),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Identity: elementwise.identity,
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Log: unary('Log'),
  Log1p: elementwise.log1p,
  LogicalAnd: comparison('And'),
  LogicalNot: unary('Not'),
  LogicalOr: comparison('Or'),
  Max: reduce('ReduceMax'),
  Maximum: binary('Max'),
  Mean: reduce('ReduceMean'),
  Min: reduce('ReduceMin'),
  Minimum: binary('Min'),
  Multiply: binary('Mul'),
  Neg: unary('Neg'),
  NotEqual: elementwise.notEqual,
  OnesLike: arrange.like(1),
  PadV2: arrange.pad,
  Pow: binary('Pow'),
  RealDiv: binary('Div'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Reshape: arrange.reshape,
  Round: unary('Round'),
  Rsqrt: elementwise.rsqrt,
  Select: elementwise.select,
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Slice: arrange.slice,
  Softmax: softmax,
  Softplus: unary('Softplus'),
  SplitV: arrange.splitV,
  Sqrt: unary('Sqrt'),
  Square: elementwise.square,
  SquaredDifference: elementwise.squaredDifference,
  Sub: binary('Sub'),
  Sum: reduce('ReduceSum'),
  Tanh: unary('Tanh'),
  Tile: arrange.tile,
  Transpose: arrange.transpose,
  ZerosLike: arrange.like(0),
} satisfies Record<string, OnnxKernel<never, never>>
