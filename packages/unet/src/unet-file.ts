import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import {
  checkKind,
  checkOneOf,
  checkOptions,
  describe,
  type OptionNames,
  toFloat16,
  type Weights,
} from '@rectified-flow/core'
import { createUNet } from './create-unet.js'
import { readConfig } from './network-metadata.js'
import { saveWeights } from './save-weights.js'
import type { UNet } from './unet.js'

/** The format that a file names in its metadata, by the network's type. */
const FORMATS = { song: 'rectified-flow/song-unet', dhariwal: 'rectified-flow/dhariwal-unet' }

export interface SaveUNetOptions {
  /** Weights to save in place of the network's own, such as their moving averages. */
  weights?: Weights
  /** The names of the network's classes, in the order of their numbers, such as `source.classNames` of its data. */
  classNames?: readonly string[] | undefined
  /** 'F16' makes half the file; the network computes in float32 all the same. Default: 'F32'. */
  dtype?: 'F32' | 'F16'
}

const saveUNetNames: OptionNames<SaveUNetOptions> = {
  weights: 'optional',
  classNames: 'optional',
  dtype: 'optional',
}

/** The bytes of a network's safetensors file: weights under the reference's names, the configuration in the metadata. */
export async function saveUNet(net: UNet, options: SaveUNetOptions = {}): Promise<Uint8Array> {
  const where = 'unet.saveUNet'
  checkOptions(where, options, saveUNetNames)
  checkKind(where, 'net', net, 'a network such as new SongUNet(config, { rng })', [
    'weights',
    'buffers',
    'config',
  ])
  const { weights = net.weights, classNames, dtype = 'F32' } = options
  checkOneOf(where, 'dtype', dtype, ['F32', 'F16'])
  if (classNames && classNames.length !== net.config.labelDim)
    throw new RangeError(
      `${where}: classNames must hold a name for each of ${net.config.labelDim} classes, got ${classNames.length}.`,
    )
  const tensors = await saveWeights(net, { weights })
  if (dtype === 'F16')
    for (const [name, { shape, data }] of tensors)
      tensors.set(name, { dtype, shape, data: toFloat16(data as Float32Array) })
  return writeSafetensors(tensors, {
    format: FORMATS[net.config.type],
    config: JSON.stringify(net.config),
    ...(classNames && { classNames: JSON.stringify(classNames) }),
  })
}

/** The network that `saveUNet` wrote. Throws unless the configuration is valid and every weight is there. */
export function loadUNet(bytes: Uint8Array | ArrayBuffer): UNet {
  const where = 'unet.loadUNet'
  const { tensors, metadata } = readSafetensors(bytes)
  if (!Object.values(FORMATS).includes(metadata.format ?? ''))
    throw new RangeError(
      `${where}: bytes must be a file of saveUNet, got ${metadata.format ? describe(metadata.format) : 'no format in its metadata'}. ` +
        'Weights alone go through createUNet(config, { tensors }).',
    )
  const config = readConfig(metadata)
  if (!config)
    throw new RangeError(`${where}: the metadata must hold the network's configuration, got no 'config'.`)
  return createUNet(config, { tensors })
}
