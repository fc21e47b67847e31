import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { BlockLayer, Layer } from './layers.js'

/** The modulation [B,O] or [B,2O] of each block from the embedding [B,E], by name: one matrix product for all blocks. */
export function modulations(
  layers: readonly Layer[],
  weights: Weights,
  embedding: tf.Tensor2D,
): Map<string, tf.Tensor2D> {
  const blocks = layers.filter((layer): layer is BlockLayer => layer.kind === 'block')
  const parts = tf.tidy(() => {
    const all = (end: string) => blocks.map(({ name }) => weights.get(`${name}.affine.${end}`) as tf.Tensor)
    const biases = all('bias')
    const product = tf.matMul(embedding, tf.concat(all('weight'), 1) as tf.Tensor2D)
    return tf.split(
      tf.add(product, tf.concat(biases)),
      biases.map(({ size }) => size),
      1,
    )
  }) as tf.Tensor2D[]
  return new Map(blocks.map(({ name }, i) => [name, parts[i]!]))
}
