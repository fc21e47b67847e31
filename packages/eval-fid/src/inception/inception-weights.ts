import type { HostTensor } from '@rectified-flow/checkpoints'
import * as tf from '@tensorflow/tfjs-core'
import { weightReader } from '../weight-reader.js'
import { inceptionConvolutions } from './inception-shapes.js'

/** A convolution whose batch normalisation is folded in: filter [h,w,in,out], bias [out]. */
export interface FoldedConvolution {
  filter: tf.Tensor4D
  bias: tf.Tensor1D
}

export interface InceptionWeights {
  convolutions: Map<string, FoldedConvolution>
  /** [2048,1008] */
  classes: tf.Tensor2D
  /** [1008] */
  classBias: tf.Tensor1D
}

const EPSILON = 1e-3

/**
 * The weights in a state dict of pytorch-fid, with each batch normalisation folded, in float64, into the convolution
 * before it. Throws unless every weight is there, with the right shape. The caller disposes the result.
 */
export function inceptionWeights(where: string, tensors: ReadonlyMap<string, HostTensor>): InceptionWeights {
  const read = weightReader(where, tensors)
  const convolutions = new Map<string, FoldedConvolution>()
  for (const [name, [outputs, inputs, height, width]] of inceptionConvolutions()) {
    const weight = read(`${name}.conv.weight`, outputs, inputs, height, width)
    const [gain, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(part =>
      read(`${name}.bn.${part}`, outputs),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array]
    const scale = Float64Array.from(gain, (value, o) => value / Math.sqrt(variance[o]! + EPSILON))
    const filter = new Float32Array(weight.length)
    const positions = height * width
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++)
        for (let p = 0; p < positions; p++)
          filter[(p * inputs + i) * outputs + o] = weight[(o * inputs + i) * positions + p]! * scale[o]!
    convolutions.set(name, {
      filter: tf.tensor4d(filter, [height, width, inputs, outputs]),
      bias: tf.tensor1d(Float32Array.from(scale, (s, o) => bias[o]! - mean[o]! * s)),
    })
  }
  const rows = tf.tensor2d(read('fc.weight', 1008, 2048), [1008, 2048])
  const classes = tf.transpose(rows)
  rows.dispose()
  return { convolutions, classes, classBias: tf.tensor1d(read('fc.bias', 1008)) }
}
