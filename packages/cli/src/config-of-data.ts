import { openImages } from '@rectified-flow/datasets/node'
import { limit } from './max-bytes-option.js'
import { openPairs } from './open-pairs.js'
import type { TrainConfig } from './train-config.js'

type Json = Readonly<Record<string, unknown>>

/** The configuration with a network for its data: the side and the channels that `network.config` leaves out are the data's. */
export async function withSizeOfData(config: TrainConfig): Promise<TrainConfig> {
  const { config: given } = config.network
  if (!given || config.network.initial !== undefined || isComplete(given)) return config
  const [side, , channels] = await shapeOf(config)
  const inChannels = given.in_channels ?? channels
  const size = { img_resolution: side, in_channels: inChannels, out_channels: inChannels }
  return { ...config, network: { ...config.network, config: { ...size, ...given } } }
}

const isComplete = (config: Json) =>
  ['img_resolution', 'in_channels', 'out_channels'].every(name => name in config)

/** The shape of an image of the data, which must be a square, or of the pairs. */
async function shapeOf({ coupling, maxBytes }: TrainConfig): Promise<readonly number[]> {
  const { pairs, data, resolution } = coupling
  if (pairs !== undefined) {
    const store = await openPairs(pairs)
    await store.close()
    return store.shape
  }
  const options = { allowJpeg: true, ...(resolution && { resolution }), ...limit(maxBytes) }
  const source = await openImages(data!, options)
  await source.close()
  const { height, width, channels } = source
  if (height !== width)
    throw new RangeError(
      `'${data}' must hold square images, got ${height}x${width}. ` +
        `--resolution ${Math.min(height, width)} crops and resizes them.`,
    )
  return [height, width, channels]
}
