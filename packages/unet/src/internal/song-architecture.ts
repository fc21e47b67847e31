import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { IntervalOptions } from '../network.js'
import type { ResolvedSongUNetConfig } from '../song-config.js'
import type { Architecture } from './architecture.js'
import { checkLayers } from './config-checks.js'
import {
  droppedLabels,
  endStartsFrom,
  fourierAngles,
  halfway,
  linear,
  mapped,
  positionalAngles,
  silu,
} from './embedding.js'
import { songLayers } from './song-layers.js'
import { addLayers, addLinear, type WeightTable, xavier } from './weight-table.js'

/** Standard deviation of the frequencies of the Fourier embedding. */
const FOURIER_SCALE = 16

/** Xavier with EDM's gains: the last layer of a residual branch begins near zero, and attention's weights are smaller. */
const schemes = { usual: xavier(), attention: xavier(Math.sqrt(0.2)), last: xavier(1e-5) }

export function songArchitecture(config: ResolvedSongUNetConfig): Architecture {
  const { modelChannels, channelMultEmb, channelMultNoise, labelDim, augmentDim, embeddingType, times } =
    config
  const noise = modelChannels * channelMultNoise
  const length = modelChannels * channelMultEmb
  const layers = songLayers(config)
  checkLayers('unet.SongUNet', layers)

  const weights: WeightTable = new Map()
  if (labelDim) addLinear(weights, 'map_label', [labelDim, noise], schemes.usual)
  if (augmentDim) addLinear(weights, 'map_augment', [augmentDim, noise], schemes.usual, false)
  addLinear(weights, 'map_layer0', [noise, length], schemes.usual)
  addLinear(weights, 'map_layer1', [length, length], schemes.usual)
  if (times === 2) {
    addLinear(weights, 'map_end_layer0', [noise, length], schemes.usual)
    addLinear(weights, 'map_end_layer1', [length, length], schemes.usual)
  }
  addLayers(weights, layers, schemes, { length, perChannel: 1 })

  const buffers: WeightTable = new Map()
  if (embeddingType === 'fourier')
    buffers.set('map_noise.freqs', { shape: [noise / 2], init: { normal: FOURIER_SCALE } })

  const { dropout, resampleFilter, skipScale } = config
  return {
    where: 'unet.SongUNet',
    layers,
    weights,
    buffers,
    startsFrom: times === 2 ? endStartsFrom : new Map(),
    block: { dropout, resampleFilter, skipScale, epsilon: 1e-6, adaptive: false },
    embed: (...args) => embed(config, ...args),
  }
}

function embed(
  { modelChannels, channelMultNoise, labelDim, labelDropout, augmentDim, times }: ResolvedSongUNetConfig,
  weights: Weights,
  buffers: Weights,
  noiseLabels: tf.Tensor1D,
  options: IntervalOptions,
): tf.Tensor2D {
  const freqs = buffers.get('map_noise.freqs')
  const half = (modelChannels * channelMultNoise) / 2
  const labels = labelDim && droppedLabels(noiseLabels.shape[0], labelDim, labelDropout, options)
  const inputs = (noise: tf.Tensor1D) => {
    const angles = freqs ? fourierAngles(noise, freqs) : positionalAngles(noise, half, half - 1)
    let y = tf.concat([tf.sin(angles), tf.cos(angles)], 1) as tf.Tensor2D
    if (labels) y = tf.add(y, linear(weights, 'map_label', tf.mul(labels, Math.sqrt(labelDim))))
    if (augmentDim && options.augmentLabels)
      y = tf.add(y, linear(weights, 'map_augment', options.augmentLabels))
    return y
  }
  const start = mapped(weights, 'map_layer', inputs(noiseLabels))
  if (times !== 2) return silu(start)
  return silu(halfway(start, mapped(weights, 'map_end_layer', inputs(options.endLabels ?? noiseLabels))))
}
