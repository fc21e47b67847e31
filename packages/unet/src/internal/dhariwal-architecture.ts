import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ResolvedDhariwalUNetConfig } from '../dhariwal-config.js'
import type { IntervalOptions } from '../network.js'
import type { Architecture } from './architecture.js'
import { checkLayers } from './config-checks.js'
import { dhariwalLayers } from './dhariwal-layers.js'
import { droppedLabels, endStartsFrom, halfway, linear, mapped, positionalAngles, silu } from './embedding.js'
import { addLayers, addLinear, kaiming, type WeightTable, zeros } from './weight-table.js'

/** The last layer of a residual branch begins with zeros. */
const schemes = { usual: kaiming, attention: kaiming, last: zeros }

export function dhariwalArchitecture(config: ResolvedDhariwalUNetConfig): Architecture {
  const { modelChannels, channelMultEmb, labelDim, augmentDim, dropout, times } = config
  const length = modelChannels * channelMultEmb
  const layers = dhariwalLayers(config)
  checkLayers('unet.DhariwalUNet', layers)

  const weights: WeightTable = new Map()
  if (augmentDim) addLinear(weights, 'map_augment', [augmentDim, modelChannels], zeros, false)
  addLinear(weights, 'map_layer0', [modelChannels, length], kaiming)
  addLinear(weights, 'map_layer1', [length, length], kaiming)
  if (times === 2) {
    addLinear(weights, 'map_end_layer0', [modelChannels, length], kaiming)
    addLinear(weights, 'map_end_layer1', [length, length], kaiming)
  }
  // Kaiming normal times the square root of the labels' length, so that a one-hot label adds numbers of variance 1.
  if (labelDim) weights.set('map_label.weight', { shape: [labelDim, length], init: { normal: 1 } })
  addLayers(weights, layers, schemes, { length, perChannel: 2 })
  return {
    where: 'unet.DhariwalUNet',
    layers,
    weights,
    buffers: new Map(),
    startsFrom: times === 2 ? endStartsFrom : new Map(),
    block: { dropout, resampleFilter: [1, 1], skipScale: 1, epsilon: 1e-5, adaptive: true },
    embed: (...args) => embed(config, ...args),
  }
}

function embed(
  { modelChannels, labelDim, labelDropout, augmentDim, times }: ResolvedDhariwalUNetConfig,
  weights: Weights,
  _: Weights,
  noiseLabels: tf.Tensor1D,
  options: IntervalOptions,
): tf.Tensor2D {
  const inputs = (noise: tf.Tensor1D) => {
    const angles = positionalAngles(noise, modelChannels / 2, modelChannels / 2)
    const y = tf.concat([tf.cos(angles), tf.sin(angles)], 1) as tf.Tensor2D
    if (!augmentDim || !options.augmentLabels) return y
    return tf.add(y, linear(weights, 'map_augment', options.augmentLabels)) as tf.Tensor2D
  }
  let y = mapped(weights, 'map_layer', inputs(noiseLabels))
  if (times === 2) y = halfway(y, mapped(weights, 'map_end_layer', inputs(options.endLabels ?? noiseLabels)))
  if (labelDim) {
    const labels = droppedLabels(noiseLabels.shape[0], labelDim, labelDropout, options)
    y = tf.add(y, linear(weights, 'map_label', labels))
  }
  return silu(y)
}
