import { drawUniform, type Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ForwardOptions } from '../network.js'

/** Longest period of the positional embedding, divided by 2 pi (Vaswani et al., arXiv 1706.03762, section 3.5). */
const MAX_PERIOD = 10_000

/** y W + b [B,O] with the weights of this name; y W where the layer has no bias. */
export function linear(weights: Weights, name: string, y: tf.Tensor2D): tf.Tensor2D {
  const product: tf.Tensor2D = tf.matMul(y, weights.get(`${name}.weight`) as unknown as tf.Tensor2D)
  const bias = weights.get(`${name}.bias`)
  return bias ? tf.add(product, bias) : product
}

export function silu(y: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(y, tf.sigmoid(y))
}

/**
 * The two layers that every time goes through: map_layer0 and 1, or of the second time map_end_layer0 and 1.
 *
 *   layer1(silu(layer0(y)))
 */
export function mapped(weights: Weights, layers: 'map_layer' | 'map_end_layer', y: tf.Tensor2D): tf.Tensor2D {
  return linear(weights, `${layers}1`, silu(linear(weights, `${layers}0`, y)))
}

/** The mean (a + b)/2, which is a exactly where b = a: at r = t both times have one embedding. */
export function halfway(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(tf.add(a, b), 0.5)
}

/** Weights of the second time, and those of the first that they start from where a checkpoint has one time. */
export const endStartsFrom: ReadonlyMap<string, string> = new Map(
  ['0.weight', '0.bias', '1.weight', '1.bias'].map(end => [`map_end_layer${end}`, `map_layer${end}`]),
)

/** Angles [B,n] of noise labels [B]. Frequencies fall geometrically from 1 at index 0 to 1 / 10000 at index `last`. */
export function positionalAngles(noiseLabels: tf.Tensor1D, n: number, last: number): tf.Tensor2D {
  const freqs = Array.from({ length: n }, (_, i) => MAX_PERIOD ** (-i / last))
  return tf.mul(tf.reshape(noiseLabels, [-1, 1]), tf.tensor1d(freqs))
}

/** Angles [B,n] of noise labels [B], at random frequencies [n]. */
export function fourierAngles(noiseLabels: tf.Tensor1D, freqs: tf.Tensor): tf.Tensor2D {
  // Subtract whole turns first, because float32 sines of hundreds of radians are inaccurate, above all on GPUs.
  const turns = tf.mul(tf.reshape(noiseLabels, [-1, 1]), freqs)
  return tf.mul(tf.sub(turns, tf.round(turns)), 2 * Math.PI)
}

/** Class labels [B,L] or [1,L], by default zeros. In training, a share of the rows (labelDropout) becomes zeros. */
export function droppedLabels(
  batch: number,
  labelDim: number,
  share: number,
  { classLabels, training }: ForwardOptions,
): tf.Tensor2D {
  const labels = classLabels ?? tf.zeros<tf.Rank.R2>([1, labelDim])
  const rng = training?.rng
  if (!rng || share === 0) return labels
  const kept = tf.greaterEqual(drawUniform(rng.fork('label'), [batch, 1]), share)
  return tf.mul(labels, tf.cast(kept, 'float32'))
}
