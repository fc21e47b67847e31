import type { ResolvedConfig } from '../config.js'
import { songLayers } from './layers.js'

/** How a weight begins: at a constant, or Xavier uniform, U(-a, a) with a = gain sqrt(6 / (fan in + fan out)). */
export type Init = { constant: number } | { gain: number }

export interface WeightEntry {
  /** Shape here: conv [h,w,I,O], linear [in,out]. */
  shape: number[]
  init: Init
}

/** Gains other than 1, as in EDM: what ends a residual branch begins near zero, attention is drawn smaller. */
const NEAR_ZERO = 1e-5
const ATTENTION = Math.sqrt(0.2)

/** Every trainable weight of a SongUNet, under the reference's names and in its order. */
export function weightTable(config: ResolvedConfig): Map<string, WeightEntry> {
  const { modelChannels, channelMultEmb, channelMultNoise, labelDim, augmentDim } = config
  const noise = modelChannels * channelMultNoise
  const emb = modelChannels * channelMultEmb
  const table = new Map<string, WeightEntry>()
  const weight = (name: string, shape: number[], gain: number, bias: boolean) => {
    table.set(`${name}.weight`, { shape, init: { gain } })
    if (bias) table.set(`${name}.bias`, { shape: [shape.at(-1) as number], init: { constant: 0 } })
  }
  const linear = (name: string, input: number, out: number, bias = true) =>
    weight(name, [input, out], 1, bias)
  const conv = (name: string, kernel: number, input: number, out: number, gain = 1) =>
    weight(name, [kernel, kernel, input, out], gain, true)
  const norm = (name: string, channels: number) => {
    table.set(`${name}.weight`, { shape: [channels], init: { constant: 1 } })
    table.set(`${name}.bias`, { shape: [channels], init: { constant: 0 } })
  }

  if (labelDim) linear('map_label', labelDim, noise)
  if (augmentDim) linear('map_augment', augmentDim, noise, false)
  linear('map_layer0', noise, emb)
  linear('map_layer1', emb, emb)
  for (const layer of songLayers(config)) {
    const { name, in: input, out } = layer
    switch (layer.kind) {
      case 'conv':
      case 'auxResidual':
        conv(name, 3, input, out)
        break
      case 'auxSkip':
        conv(name, 1, input, out)
        break
      case 'auxOut':
        norm(`${name}_norm`, input)
        conv(`${name}_conv`, 3, input, out, NEAR_ZERO)
        break
      case 'block':
        norm(`${name}.norm0`, input)
        conv(`${name}.conv0`, 3, input, out)
        linear(`${name}.affine`, emb, out)
        norm(`${name}.norm1`, out)
        conv(`${name}.conv1`, 3, out, out, NEAR_ZERO)
        if (input !== out || layer.resample) conv(`${name}.skip`, 1, input, out)
        if (layer.attention) {
          norm(`${name}.norm2`, out)
          conv(`${name}.qkv`, 1, out, 3 * out, ATTENTION)
          conv(`${name}.proj`, 1, out, out, NEAR_ZERO)
        }
    }
  }
  return table
}
