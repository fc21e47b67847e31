import {
  attention,
  conv2d,
  groupNorm,
  groupNormSilu,
  type Rng,
  resample,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { groupsOf, type ResolvedConfig } from '../config.js'
import { dropoutMask } from './dropout.js'
import type { BlockLayer } from './layers.js'

export const EPSILON = 1e-6

/** A function that finds a weight of a layer by the end of its name. */
export type Find = <T extends tf.Tensor>(name: string) => T

export function finder(weights: Weights, prefix: string): Find {
  return <T extends tf.Tensor>(name: string) => weights.get(prefix + name) as unknown as T
}

/**
 * One residual block.
 *
 *   h = conv1(dropout(silu(norm1(conv0(resample(silu(norm0(x)))) + shift))))
 *   y = (h + skip(resample(x))) scale, then with attention y = (y + proj(attend(qkv(norm2(y))))) scale
 *
 * @param x      [B,H,W,I]
 * @param shift  the embedding's part [B,1,1,O]
 * @returns      [B,H',W',O]
 */
export function residualBlock(
  layer: BlockLayer,
  find: Find,
  x: tf.Tensor4D,
  shift: tf.Tensor4D,
  { dropout, resampleFilter, skipScale }: ResolvedConfig,
  rng?: Rng,
): tf.Tensor4D {
  const { in: input, out, resample: direction } = layer
  const norm = (name: string, channels: number) =>
    [
      find<tf.Tensor1D>(`${name}.weight`),
      find<tf.Tensor1D>(`${name}.bias`),
      { groups: groupsOf(channels), epsilon: EPSILON },
    ] as const
  const conv = (name: string, y: tf.Tensor4D) =>
    conv2d(y, find<tf.Tensor4D>(`${name}.weight`), find<tf.Tensor1D>(`${name}.bias`))
  const scaled = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D => tf.mul(tf.add(a, b), skipScale)

  const y = tf.tidy(() => {
    let h = groupNormSilu(x, ...norm('.norm0', input))
    if (direction) h = resample(h, direction, resampleFilter)
    h = tf.add(conv('.conv0', h), shift)
    h = groupNormSilu(h, ...norm('.norm1', out))
    if (rng && dropout > 0) h = tf.mul(h, dropoutMask(h.shape, dropout, rng))
    if (input === out && !direction) return scaled(conv('.conv1', h), x)

    // The skip's convolution sees the smaller image: it runs after the way down and before the way up. Its bias comes
    // after both (the filter's sum is less at the edges), together with the other one.
    const bias = tf.add(find<tf.Tensor1D>('.conv1.bias'), find<tf.Tensor1D>('.skip.bias')) as tf.Tensor1D
    const around = find<tf.Tensor4D>('.skip.weight')
    const skip =
      direction === 'up'
        ? resample(conv2d(x, around), 'up', resampleFilter)
        : conv2d(direction ? resample(x, 'down', resampleFilter) : x, around)
    return scaled(conv2d(h, find<tf.Tensor4D>('.conv1.weight'), bias), skip)
  })
  if (!layer.attention) return y

  const [b, height, width] = y.shape
  const n = height * width
  const qkv = tf.reshape(conv('.qkv', groupNorm(y, ...norm('.norm2', out))), [b, n, 3 * out])
  const [q, k, v] = tf.split(qkv, 3, 2) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]
  const attended: tf.Tensor4D = tf.reshape(attention(q, k, v), [b, height, width, out])
  return scaled(conv('.proj', attended), y)
}
