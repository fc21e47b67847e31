import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ResolvedConfig } from '../config.js'
import type { ForwardOptions } from '../network.js'
import { finder } from './block.js'
import type { BlockLayer } from './layers.js'

/** Longest period of the positional embedding, over 2 pi (Vaswani et al., arXiv 1706.03762, section 3.5). */
const MAX_PERIOD = 10_000

/**
 * The embedding of noise labels and, where there are any, of class and augmentation labels.
 *
 * @param noiseLabels  [B]
 * @returns            [B,E], E = modelChannels channelMultEmb
 */
export function embed(
  config: ResolvedConfig,
  weights: Weights,
  freqs: tf.Tensor | undefined,
  noiseLabels: tf.Tensor1D,
  { classLabels, augmentLabels, training }: ForwardOptions,
): tf.Tensor2D {
  const find = finder(weights, 'map_')
  const linear = (name: string, y: tf.Tensor2D): tf.Tensor2D =>
    tf.add(tf.matMul(y, find<tf.Tensor2D>(`${name}.weight`)), find(`${name}.bias`))
  const silu = (y: tf.Tensor2D): tf.Tensor2D => tf.mul(y, tf.sigmoid(y))

  let y = noiseEmbedding(config, freqs, noiseLabels)
  if (config.labelDim) {
    let labels = classLabels ?? tf.zeros<tf.Rank.R2>([1, config.labelDim])
    if (training && config.labelDropout > 0) {
      const [b] = noiseLabels.shape
      const kept = training.rng
        .fork('label')
        .uniforms(b)
        .map(u => (u >= config.labelDropout ? 1 : 0))
      labels = tf.mul(labels, tf.tensor2d(kept, [b, 1]))
    }
    y = tf.add(y, linear('label', tf.mul(labels, Math.sqrt(config.labelDim))))
  }
  if (config.augmentDim && augmentLabels)
    y = tf.add(y, tf.matMul(augmentLabels, find<tf.Tensor2D>('augment.weight')))
  return silu(linear('layer1', silu(linear('layer0', y))))
}

function noiseEmbedding(
  { modelChannels, channelMultNoise, embeddingType }: ResolvedConfig,
  freqs: tf.Tensor | undefined,
  noiseLabels: tf.Tensor1D,
): tf.Tensor2D {
  const half = (modelChannels * channelMultNoise) / 2
  const column = tf.reshape(noiseLabels, [-1, 1])
  let angles: tf.Tensor
  if (embeddingType === 'fourier') {
    // Whole turns are taken off first: float32 sines of hundreds of radians are poor, on GPUs above all.
    const turns = tf.mul(column, freqs as tf.Tensor)
    angles = tf.mul(tf.sub(turns, tf.round(turns)), 2 * Math.PI)
  } else
    angles = tf.mul(
      column,
      tf.tensor1d(Array.from({ length: half }, (_, i) => MAX_PERIOD ** (-i / (half - 1)))),
    )
  return tf.concat([tf.sin(angles), tf.cos(angles)], 1) as tf.Tensor2D
}

/** What the embedding [B,E] adds in each block, [B,1,1,O]: one matrix product for all blocks. */
export function blockShifts(
  blocks: readonly BlockLayer[],
  weights: Weights,
  embedding: tf.Tensor2D,
): tf.Tensor4D[] {
  const all = (end: string) => blocks.map(({ name }) => weights.get(`${name}.affine.${end}`) as tf.Tensor)
  const product = tf.matMul(embedding, tf.concat(all('weight'), 1) as tf.Tensor2D)
  const shifts = tf.split(
    tf.add(product, tf.concat(all('bias'))),
    blocks.map(({ out }) => out),
    1,
  )
  return shifts.map(shift => tf.reshape(shift, [embedding.shape[0], 1, 1, -1]))
}
