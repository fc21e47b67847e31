import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { checkOptions, describe, type Weights } from '@rectified-flow/core'
import type { UNetConfig } from './config.js'
import { createUNet } from './create-unet.js'
import { saveWeights } from './save-weights.js'
import type { UNet } from './unet.js'

/** The format that a file names in its metadata, by the network's type. */
const FORMATS = { song: 'rectified-flow/song-unet', dhariwal: 'rectified-flow/dhariwal-unet' }

/**
 * The bytes of a network's safetensors file: weights under the reference's names, the configuration in the metadata.
 *
 * @param weights  weights to save in place of the network's own, such as their moving averages
 */
export async function saveUNet(net: UNet, options: { weights?: Weights } = {}): Promise<Uint8Array> {
  checkOptions<{ weights?: Weights }>('unet.saveUNet', options, { weights: 'optional' })
  const { weights = net.weights } = options
  return writeSafetensors(await saveWeights(net, { weights }), {
    format: FORMATS[net.config.type],
    config: JSON.stringify(net.config),
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
  return createUNet(parseConfig(where, metadata.config), { tensors })
}

function parseConfig(where: string, text = ''): UNetConfig {
  try {
    return JSON.parse(text) as UNetConfig
  } catch (cause) {
    throw new RangeError(
      `${where}: the metadata's config must be JSON, got ${describe(text.slice(0, 200))}.`,
      {
        cause,
      },
    )
  }
}
