import {
  attention,
  type Conv2dOptions,
  conv2d,
  dropout,
  groupNorm,
  groupNormSilu,
  resample,
} from '@rectified-flow/backends'
import type { Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type BlockLayer, groupsOf } from './layers.js'

export interface BlockOptions {
  dropout: number
  resampleFilter: readonly number[]
  skipScale: number
  epsilon: number
  /** True: the embedding scales and shifts the output of norm1. False: it is added to the input of norm1. */
  adaptive: boolean
}

/** Finds a weight of a layer by the end of its name. */
export type Find = <T extends tf.Tensor>(name: string) => T

export function finder(weights: ReadonlyMap<string, tf.Tensor>, prefix: string): Find {
  return <T extends tf.Tensor>(name: string) => weights.get(prefix + name) as unknown as T
}

/**
 * One residual block.
 *
 *   h = conv1(dropout(silu(norm1(conv0(resample(silu(norm0(x)))) + shift))))       or, if adaptive,
 *   h = conv1(dropout(silu(norm1(conv0(resample(silu(norm0(x))))) (1 + scale) + shift)))
 *   y = (h + skip(resample(x))) skipScale, then with attention y = (y + proj(attend(qkv(norm2(y))))) skipScale
 *
 * @param x           [B,H,W,I]
 * @param modulation  the embedding's part: shift [B,O], or if adaptive scale and shift [B,2O]
 * @returns           [B,H',W',O]
 */
export function residualBlock(
  layer: BlockLayer,
  find: Find,
  x: tf.Tensor4D,
  modulation: tf.Tensor2D,
  { dropout: share, resampleFilter, skipScale, epsilon, adaptive }: BlockOptions,
  rng?: Rng,
): tf.Tensor4D {
  const { in: input, out, resample: direction } = layer
  const norm = (name: string, channels: number) =>
    [
      find<tf.Tensor1D>(`${name}.weight`),
      find<tf.Tensor1D>(`${name}.bias`),
      { groups: groupsOf(channels), epsilon },
    ] as const
  const conv = (name: string, y: tf.Tensor4D, options?: Conv2dOptions) =>
    conv2d(y, find<tf.Tensor4D>(`${name}.weight`), find<tf.Tensor1D>(`${name}.bias`), options)
  const modulated = (h: tf.Tensor4D): tf.Tensor4D => {
    const [gamma, beta, options] = norm('.norm1', out)
    if (!adaptive) return groupNormSilu(h, gamma, beta, { ...options, offset: modulation })
    const [scale, shift] = tf.split(modulation, 2, 1) as [tf.Tensor2D, tf.Tensor2D]
    return groupNormSilu(h, gamma, beta, { ...options, scale, shift })
  }

  let h = tf.tidy(() => groupNormSilu(x, ...norm('.norm0', input)))
  if (direction) h = then(h, y => resample(y, direction, resampleFilter))
  h = then(h, y => conv('.conv0', y))
  h = then(h, modulated)
  if (rng && share > 0) h = then(h, y => dropout(y, share, rng))
  h = then(h, y => {
    // The skip's convolution runs on the smaller image: after resampling down, and before resampling up.
    if (!layer.project || direction !== 'up') {
      const around = direction ? resample(x, direction, resampleFilter) : x
      const skip = layer.project ? conv('.skip', around) : around
      return conv('.conv1', y, { skip, scale: skipScale })
    }
    // Its bias is added after both, because the filter's sum is below 1 at the edges: conv1 adds it together with its own.
    const bias = tf.add(find<tf.Tensor1D>('.conv1.bias'), find<tf.Tensor1D>('.skip.bias')) as tf.Tensor1D
    const skip = resample(conv2d(x, find<tf.Tensor4D>('.skip.weight')), 'up', resampleFilter)
    return conv2d(y, find<tf.Tensor4D>('.conv1.weight'), bias, { skip, scale: skipScale })
  })
  if (!layer.heads) return h

  const [b, height, width] = h.shape
  const n = height * width
  return then(h, y => {
    const qkv = tf.tidy(() =>
      tf.reshape(conv('.qkv', groupNorm(y, ...norm('.norm2', out))), [b, n, 3 * out]),
    ) as tf.Tensor3D
    const attended = attention(qkv, { heads: layer.heads })
    qkv.dispose()
    return conv('.proj', tf.reshape(attended, [b, height, width, out]), { skip: y, scale: skipScale })
  })
}

/** The next activation. Disposes the one before, which then lives on only if a gradient's tape keeps it. */
function then(before: tf.Tensor4D, step: (y: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
  const after = tf.tidy(() => step(before))
  before.dispose()
  return after
}
