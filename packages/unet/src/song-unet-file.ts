import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng, type Weights } from '@rectified-flow/core'
import type { SongUNetConfig } from './config.js'
import { loadWeights } from './load-weights.js'
import { saveWeights } from './save-weights.js'
import { SongUNet } from './song-unet.js'

const FORMAT = 'rectified-flow/song-unet'

/**
 * The bytes of a network's safetensors file: weights under the reference's names, the configuration in the metadata.
 *
 * @param weights  saved in place of the network's own: their moving average, say
 */
export async function saveSongUNet(
  net: SongUNet,
  { weights = net.weights }: { weights?: Weights } = {},
): Promise<Uint8Array> {
  return writeSafetensors(await saveWeights(net, { weights }), {
    format: FORMAT,
    config: JSON.stringify(net.config),
  })
}

/** The network that `saveSongUNet` wrote. Throws unless the configuration is valid and every weight is there. */
export function loadSongUNet(bytes: Uint8Array | ArrayBuffer): SongUNet {
  const where = 'unet.loadSongUNet'
  const { tensors, metadata } = readSafetensors(bytes)
  if (metadata.format !== FORMAT)
    throw new RangeError(
      `${where}: bytes must be a file of saveSongUNet, got ${metadata.format ?? 'no format in its metadata'}. ` +
        'Weights alone go through new SongUNet(config) and loadWeights.',
    )
  const net = new SongUNet(parseConfig(where, metadata.config), { rng: createRng(0) })
  try {
    loadWeights(net, tensors)
    return net
  } catch (error) {
    net.dispose()
    throw error
  }
}

function parseConfig(where: string, text = ''): SongUNetConfig {
  try {
    return JSON.parse(text) as SongUNetConfig
  } catch (cause) {
    throw new RangeError(`${where}: the metadata's config must be JSON, got '${text}'.`, { cause })
  }
}
