import type { HostTensor } from '@rectified-flow/checkpoints'
import * as tf from '@tensorflow/tfjs-core'
import { type WeightReader, weightReader } from '../weight-reader.js'
import { interpolatePositions } from './positions.js'
import type { VitConfig } from './vit-config.js'
import { type BlockNames, vitNames } from './vit-names.js'

// Types and not interfaces, which tf.tidy doesn't take for containers of tensors.

/** weight [in,out], bias [out] */
export type Linear = {
  weight: tf.Tensor2D
  bias: tf.Tensor1D
}

/** Layer normalisation: gain and bias [width]. */
export type Norm = {
  gain: tf.Tensor1D
  bias: tf.Tensor1D
}

export type Block = {
  norm1: Norm
  /** Queries, keys and values side by side. */
  qkv: Linear
  /** The layers that end a branch, with DINOv2's LayerScale in them. */
  out: Linear
  norm2: Norm
  fc1: Linear
  fc2: Linear
}

export type VitWeights = {
  /** filter [patch,patch,3,width], and in DINOv2 a bias [width] */
  patches: { filter: tf.Tensor4D; bias: tf.Tensor1D | undefined }
  /** The class token and its position, [1,1,width]. */
  start: tf.Tensor3D
  /** Positions of the patches, [1,(size / patch)^2,width]. */
  positions: tf.Tensor3D
  before: Norm | undefined
  blocks: Block[]
  after: Norm
  /** [width,projection] */
  projection: tf.Tensor2D | undefined
}

/**
 * The weights of a file of Hugging Face, in the form in which the network computes. Throws unless every weight is there, with the
 * right shape. Weights of other parts, such as CLIP's text side, are not looked at. The caller disposes the result.
 */
export function vitWeights(
  where: string,
  tensors: ReadonlyMap<string, HostTensor>,
  config: VitConfig,
): VitWeights {
  const { width, depth } = config
  const names = vitNames(config.family)
  const read = weightReader(where, tensors)
  const norm = (name: string): Norm => ({
    gain: tf.tensor1d(read(`${name}.weight`, width)),
    bias: tf.tensor1d(read(`${name}.bias`, width)),
  })
  return tf.tidy(() => ({
    ...embeddings(read, config),
    before: names.before === undefined ? undefined : norm(names.before),
    blocks: Array.from({ length: depth }, (_, i) => block(read, names.block(i), { width, norm })),
    after: norm(names.after),
    projection:
      config.family === 'clip'
        ? matrix(read, 'visual_projection.weight', width, config.projection)
        : undefined,
  }))
}

function embeddings(
  read: WeightReader,
  config: VitConfig,
): Pick<VitWeights, 'patches' | 'start' | 'positions'> {
  const { family, width, size, patch } = config
  const names = vitNames(family)
  const side = size / patch
  const grid = family === 'dinov2' ? config.grid : side
  const count = 1 + grid * grid
  // DINOv2's file has axes of length 1 before these.
  const [ones, one] = family === 'dinov2' ? [[1, 1], [1]] : [[], []]
  const token = tf.tensor2d(read(names.classToken, ...ones, width), [1, width])
  const all = tf.tensor2d(read(names.positions, ...one, count, width), [count, width])
  const [first, rest] = tf.split(all, [1, count - 1]) as [tf.Tensor2D, tf.Tensor2D]
  const shape: [number, number, number, number] = [width, 3, patch, patch]
  const filter = tf.tensor4d(read(`${names.patches}.weight`, ...shape), shape)
  return {
    patches: {
      filter: tf.transpose(filter, [2, 3, 1, 0]),
      bias: family === 'dinov2' ? tf.tensor1d(read(`${names.patches}.bias`, width)) : undefined,
    },
    start: tf.reshape(tf.add(token, first), [1, 1, width]),
    positions: tf.reshape(interpolatePositions(rest, grid, side), [1, side * side, width]),
  }
}

function block(
  read: WeightReader,
  names: BlockNames,
  { width, norm }: { width: number; norm: (name: string) => Norm },
): Block {
  const linear = (name: string, from: number, to: number): Linear => ({
    weight: matrix(read, `${name}.weight`, from, to),
    bias: tf.tensor1d(read(`${name}.bias`, to)),
  })
  const scaled = (name: string, from: number, scale: string | undefined): Linear => {
    const layer = linear(name, from, width)
    if (scale === undefined) return layer
    const lambda = tf.tensor1d(read(scale, width))
    return { weight: tf.mul(layer.weight, lambda), bias: tf.mul(layer.bias, lambda) }
  }
  const parts = names.qkv.map(name => linear(name, width, width))
  const [weights, biases] = [parts.map(({ weight }) => weight), parts.map(({ bias }) => bias)]
  return {
    norm1: norm(names.norm1),
    qkv: { weight: tf.concat(weights, 1), bias: tf.concat(biases) },
    out: scaled(names.out, width, names.scale1),
    norm2: norm(names.norm2),
    fc1: linear(names.fc1, width, 4 * width),
    fc2: scaled(names.fc2, 4 * width, names.scale2),
  }
}

/** A weight that the file has as [to,from], as [from,to]. */
function matrix(read: WeightReader, name: string, from: number, to: number): tf.Tensor2D {
  return tf.transpose(tf.tensor2d(read(name, to, from), [to, from]))
}
