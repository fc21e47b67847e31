import type * as tf from '@tensorflow/tfjs-core'
import type { ConvInputs } from './table.js'

type Shape4D = [number, number, number, number]
type Depthwise<Attrs, Lost extends keyof ConvInputs> = {
  inputs: Omit<ConvInputs, Lost> & { dy: tf.Tensor4D }
  attrs: Attrs
}

/** The kernels of tfjs that a backend here lacks, or that have a better one: their inputs and attributes. */
export interface StockTable {
  Identity: { inputs: { x: tf.TensorInfo }; attrs: object }
  BatchMatMul: { inputs: { a: tf.Tensor; b: tf.Tensor }; attrs: tf.BatchMatMulAttrs }
  Conv2D: { inputs: ConvInputs; attrs: tf.Conv2DAttrs }
  Conv2DBackpropInput: {
    inputs: Omit<ConvInputs, 'x'> & { dy: tf.Tensor4D }
    attrs: Omit<tf.Conv2DBackpropInputAttrs, 'inputShape'> & { inputShape: Shape4D }
  }
  Conv2DBackpropFilter: Depthwise<tf.Conv2DBackpropFilterAttrs, 'filter'>
  DepthwiseConv2dNativeBackpropInput: Depthwise<tf.DepthwiseConv2dNativeBackpropInputAttrs, 'x'>
  DepthwiseConv2dNativeBackpropFilter: Depthwise<tf.DepthwiseConv2dNativeBackpropFilterAttrs, 'filter'>
  Concat: { inputs: tf.Tensor[]; attrs: tf.ConcatAttrs }
  SplitV: { inputs: { x: tf.Tensor }; attrs: tf.SplitVAttrs }
  Sum: { inputs: { x: tf.Tensor }; attrs: tf.SumAttrs }
  Softmax: { inputs: { logits: tf.Tensor }; attrs: tf.SoftmaxAttrs }
  OneHot: { inputs: { indices: tf.Tensor }; attrs: tf.OneHotAttrs }
}

export type StockName = keyof StockTable
