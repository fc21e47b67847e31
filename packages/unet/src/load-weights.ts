import type { HostTensor } from '@rectified-flow/checkpoints'
import { checkKind, checkOptions, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { architectureOf } from './config.js'
import { checkReport, hereOf, type LoadReport, matchTensors } from './internal/match-tensors.js'
import type { UNet } from './unet.js'

export type { LoadReport } from './internal/match-tensors.js'

export interface LoadOptions {
  /** Throw, and load nothing, unless names and shapes match exactly. */
  strict?: boolean
  /** What the tensors' names begin with, before the network's names, such as 'ema.'. By default it is found. */
  prefix?: string
}

const loadNames: OptionNames<LoadOptions> = {
  strict: 'optional',
  prefix: 'optional',
}

/**
 * Load weights that have the reference's names and PyTorch's layouts (conv [O,I,h,w], linear [O,I]).
 *
 * @returns  names that did not fit; with strict, none
 */
export function loadWeights(
  net: UNet,
  tensors: ReadonlyMap<string, HostTensor>,
  options: LoadOptions = {},
): LoadReport {
  const where = 'unet.loadWeights'
  checkOptions(where, options, loadNames)
  checkKind(where, 'net', net, 'a network such as new SongUNet(config, { rng })', [
    'weights',
    'buffers',
    'config',
  ])
  checkKind(where, 'tensors', tensors, 'a Map of tensors such as readCheckpoint gives', ['get', 'keys'])
  const { strict = true, prefix } = options
  const { fitting, report } = matchTensors(where, architectureOf(net.config), tensors, prefix)
  if (strict) checkReport(where, report, ', or pass strict: false')
  for (const [name, tensor] of fitting) {
    const variable = (net.weights.get(name) ?? net.buffers.get(name)) as tf.Variable
    tf.tidy(() => variable.assign(hereOf(name, tensor, variable.shape)))
  }
  return report
}
