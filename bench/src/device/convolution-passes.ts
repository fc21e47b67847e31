import { conv2d } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConvolutionNumbers, Pass } from './convolution-check.js'
import type { ConvolutionShape } from './convolution-shapes.js'

export type ConvolutionTensors = Record<'x' | 'w' | 'dy', tf.Tensor4D> & { bias: tf.Tensor1D }

const settings = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC' }
const kernel = (name: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, { ...settings, ...attrs } as unknown as tf.NamedAttrMap)

/** The result of each pass, by the kernels that a training step runs. */
export const runPass: Record<Pass, (tensors: ConvolutionTensors) => tf.Tensor> = {
  forward: ({ x, w, bias }) => conv2d(x, w, bias),
  'input gradient': ({ x, w, dy }) =>
    kernel('Conv2DBackpropInput', { dy, filter: w }, { inputShape: x.shape }),
  'filter gradient': ({ x, w, dy }) => kernel('Conv2DBackpropFilter', { x, dy }, { filterShape: w.shape }),
}

export function convolutionNumbers(
  { side, filter, input, out }: ConvolutionShape,
  batch: number,
): ConvolutionNumbers {
  const rng = createRng(1)
  const pixels = batch * side ** 2
  return {
    x: repeated(rng.fork('x').normals(BLOCK), pixels * input),
    w: repeated(rng.fork('w').normals(BLOCK), filter ** 2 * input * out),
    dy: repeated(rng.fork('dy').normals(BLOCK), pixels * out),
  }
}

/** An odd number of random numbers, repeated: drawing all of them would take longer than to compute with them. */
const BLOCK = 99_991

function repeated(block: Float32Array, length: number): Float32Array {
  const all = new Float32Array(length)
  for (let at = 0; at < length; at += block.length) all.set(block.subarray(0, length - at), at)
  return all
}

export function convolutionTensors(
  { side, filter, input, out }: ConvolutionShape,
  batch: number,
  { x, w, dy }: ConvolutionNumbers,
): ConvolutionTensors {
  return {
    x: tf.tensor4d(x, [batch, side, side, input]),
    w: tf.tensor4d(w, [filter, filter, input, out]),
    dy: tf.tensor4d(dy, [batch, side, side, out]),
    bias: tf.zeros<tf.Rank.R1>([out]), // as the layers have it, for the kernel with a bias
  }
}
