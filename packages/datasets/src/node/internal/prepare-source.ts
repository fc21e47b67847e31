import type { ImageSource } from '../../image-source.js'
import { cropAndResize, type Pixels, type ResizeFilter } from '../../resize-image.js'
import { withChannels } from './with-channels.js'

/** The source with its images cropped and resized, and with 1 or 3 channels, as the options say. */
export function prepareSource(
  where: string,
  source: ImageSource,
  { resolution, filter, channels }: { resolution?: number; filter?: ResizeFilter; channels?: 1 | 3 },
): ImageSource {
  const { count, height, width, channels: have, classes, classNames, close } = source
  if (resolution === undefined && (channels ?? have) === have) return source
  if (channels !== undefined && have !== 1 && have !== 3)
    throw new RangeError(`${where}: images must have 1 or 3 channels to have ${channels}, got ${have}.`)
  const prepare = (image: Pixels): Pixels => {
    const sized =
      resolution === undefined ? image : cropAndResize(image, resolution, { ...(filter && { filter }) })
    return channels === undefined ? sized : withChannels(sized, channels)
  }
  const size = height * width * have
  const sample = prepare({ data: new Uint8Array(size), height, width, channels: have })
  return {
    count,
    height: sample.height,
    width: sample.width,
    channels: sample.channels,
    classes,
    classNames,
    close,
    async read(indices) {
      const { images, ...rest } = await source.read(indices)
      const out = new Uint8Array(indices.length * sample.data.length)
      for (let i = 0; i < indices.length; i++) {
        const data = images.subarray(i * size, (i + 1) * size)
        const image = prepare({ data, height, width, channels: have })
        out.set(image.data, i * image.data.length)
      }
      return { images: out, ...rest }
    },
  }
}
