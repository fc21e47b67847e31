import type * as tf from '@tensorflow/tfjs-core'
import type { ConvInputs } from './table.js'

/** The inputs of a convolution's gradient with respect to one of its inputs. */
type Slope<Of extends keyof ConvInputs> = Omit<ConvInputs, Of> & { dy: tf.Tensor4D }

type Unary = { inputs: { x: tf.Tensor }; attrs: object }
type Binary = { inputs: { a: tf.Tensor; b: tf.Tensor }; attrs: object }

/** The kernels of tfjs that this package adds to a backend or replaces there: their inputs and attributes. */
export interface StockTable {
  Identity: { inputs: { x: tf.TensorInfo }; attrs: object }
  AvgPoolGrad: {
    inputs: { dy: tf.Tensor4D; input: tf.Tensor4D }
    attrs: tf.AvgPoolGradAttrs & Pick<tf.AvgPoolAttrs, 'dimRoundingMode'>
  }
  BatchMatMul: { inputs: { a: tf.Tensor; b: tf.Tensor }; attrs: tf.BatchMatMulAttrs }
  Conv2D: { inputs: ConvInputs; attrs: tf.Conv2DAttrs }
  Conv2DBackpropInput: { inputs: Slope<'x'>; attrs: tf.Conv2DBackpropInputAttrs }
  Conv2DBackpropFilter: { inputs: Slope<'filter'>; attrs: tf.Conv2DBackpropFilterAttrs }
  DepthwiseConv2dNativeBackpropInput: {
    inputs: Slope<'x'>
    attrs: tf.DepthwiseConv2dNativeBackpropInputAttrs
  }
  DepthwiseConv2dNativeBackpropFilter: {
    inputs: Slope<'filter'>
    attrs: tf.DepthwiseConv2dNativeBackpropFilterAttrs
  }
  Concat: { inputs: tf.Tensor[]; attrs: tf.ConcatAttrs }
  Slice: { inputs: { x: tf.Tensor }; attrs: tf.SliceAttrs }
  SplitV: { inputs: { x: tf.Tensor }; attrs: tf.SplitVAttrs }
  Sum: { inputs: { x: tf.Tensor }; attrs: tf.SumAttrs }
  Softmax: { inputs: { logits: tf.Tensor }; attrs: tf.SoftmaxAttrs }
  OneHot: { inputs: { indices: tf.Tensor }; attrs: tf.OneHotAttrs }
  Add: Binary
  AddN: { inputs: tf.Tensor[]; attrs: object }
  ClipByValue: { inputs: { x: tf.Tensor }; attrs: tf.ClipByValueAttrs }
  Cos: Unary
  Exp: Unary
  Log: Unary
  Multiply: Binary
  Neg: Unary
  RealDiv: Binary
  Relu: Unary
  Round: Unary
  Rsqrt: Unary
  Sigmoid: Unary
  Sin: Unary
  Sqrt: Unary
  Square: Unary
  Step: { inputs: { x: tf.Tensor }; attrs: tf.StepAttrs }
  SquaredDifference: Binary
  Sub: Binary
}

export type StockName = keyof StockTable
