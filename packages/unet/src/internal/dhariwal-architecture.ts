import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ResolvedDhariwalUNetConfig } from '../dhariwal-config.js'
import type { ForwardOptions } from '../network.js'
import type { Architecture } from './architecture.js'
import { checkLayers } from './config-checks.js'
import { dhariwalLayers } from './dhariwal-layers.js'
import { droppedLabels, linear, positionalAngles, silu } from './embedding.js'
import { addLayers, addLinear, kaiming, type WeightTable, zeros } from './weight-table.js'

/** The last layer of a residual branch begins with zeros. */
const schemes = { usual: kaiming, attention: kaiming, last: zeros }

export function dhariwalArchitecture(config: ResolvedDhariwalUNetConfig): Architecture {
  const { modelChannels, channelMultEmb, labelDim, augmentDim, dropout } = config
  const length = modelChannels * channelMultEmb
  const layers = dhariwalLayers(config)
  checkLayers('unet.DhariwalUNet', layers)

  const weights: WeightTable = new Map()
  if (augmentDim) addLinear(weights, 'map_augment', [augmentDim, modelChannels], zeros, false)
  addLinear(weights, 'map_layer0', [modelChannels, length], kaiming)
  addLinear(weights, 'map_layer1', [length, length], kaiming)
  // Kaiming normal times the square root of the labels' length, so that a one-hot label adds numbers of variance 1.
  if (labelDim) weights.set('map_label.weight', { shape: [labelDim, length], init: { normal: 1 } })
  addLayers(weights, layers, schemes, { length, perChannel: 2 })
  return {
    where: 'unet.DhariwalUNet',
    layers,
    weights,
    buffers: new Map(),
    block: { dropout, resampleFilter: [1, 1], skipScale: 1, epsilon: 1e-5, adaptive: true },
    embed: (...args) => embed(config, ...args),
  }
}

function embed(
  { modelChannels, labelDim, labelDropout, augmentDim }: ResolvedDhariwalUNetConfig,
  weights: Weights,
  _: Weights,
  noiseLabels: tf.Tensor1D,
  options: ForwardOptions,
): tf.Tensor2D {
  const angles = positionalAngles(noiseLabels, modelChannels / 2, modelChannels / 2)
  let y = tf.concat([tf.cos(angles), tf.sin(angles)], 1) as tf.Tensor2D
  if (augmentDim && options.augmentLabels)
    y = tf.add(y, linear(weights, 'map_augment', options.augmentLabels))
  y = linear(weights, 'map_layer1', silu(linear(weights, 'map_layer0', y)))
  if (labelDim) {
    const labels = droppedLabels(noiseLabels.shape[0], labelDim, labelDropout, options)
    y = tf.add(y, linear(weights, 'map_label', labels))
  }
  return silu(y)
}
