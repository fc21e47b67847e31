import { checkNumber, describe, type OptionNames } from '@rectified-flow/core'
import type { ImageRows, ImageSource } from '../image-source.js'
import { checkIndices } from '../internal/check-indices.js'
import { cropAndResize, type Pixels, type ResizeFilter } from '../resize-image.js'
import { decodeImage, imageFormat } from './internal/decode-image.js'
import { type FileList, folderFiles, nameIn, zipFiles } from './internal/file-list.js'
import { imageLabels } from './internal/image-labels.js'
import { withChannels } from './internal/with-channels.js'

const WHERE = 'datasets.openImages'
const IMAGE = /\.(png|jpe?g|webp)$/i
const OTHER_IMAGE = /\.(bmp|dib|gif|tiff?|avif|hei[cf]|jxl|jp2|jpe|jfif|p[bgpn]m|tga|exr)$/i

export interface ImageFilesOptions {
  /** Crop each image to its centre square and resize the square to resolution x resolution. */
  resolution?: number
  /** The filter to resize with. */
  filter?: ResizeFilter
  /** 3 turns grey images into colour, 1 colour into grey; by default all images must have the channels of the first. */
  channels?: 1 | 3
  /** Accept JPEG files. Fine for training data, wrong for samples: measurements would see the losses of JPEG. */
  allowJpeg?: boolean
  /** The most bytes that a file may unpack to; by default 64 MiB plus 100 times its size. */
  maxBytes?: number
}

export const imageFilesNames: OptionNames<ImageFilesOptions> = {
  resolution: 'optional',
  filter: 'optional',
  channels: 'optional',
  allowJpeg: 'optional',
  maxBytes: 'optional',
}

/**
 * Images in the files of a folder or a zip, sorted by name, read and decoded when they are asked for. The first image sets
 * the size; each other image is checked against it when it is read.
 */
export async function imageFiles(path: string, options: ImageFilesOptions = {}): Promise<ImageSource> {
  const { resolution, filter = 'lanczos', channels: wanted, allowJpeg = false, maxBytes } = options
  const limit = maxBytes === undefined ? {} : { maxBytes }
  const files = path.endsWith('.zip') ? await zipFiles(path, limit) : await folderFiles(WHERE, path)
  const open = async (name: string): Promise<Pixels> => {
    const bytes = await files.read(name)
    if (!allowJpeg && imageFormat(bytes) === 'jpeg')
      throw new RangeError(
        `${WHERE}: images must not be JPEG, got ${nameIn(files, name)}. Pass allowJpeg: true for data to train on; never measure JPEG samples.`,
      )
    const image = await decodeImage(WHERE, nameIn(files, name), bytes, limit)
    const sized = resolution === undefined ? image : cropAndResize(image, resolution, { filter })
    return wanted === undefined ? sized : withChannels(sized, wanted)
  }
  try {
    const names = imageNames(files)
    const labels = await imageLabels(WHERE, files, names)
    const { height, width, channels } = await open(names[0]!)
    const size = height * width * channels
    const read = async (indices: ArrayLike<number>): Promise<ImageRows> => {
      checkIndices('datasets.read', indices, names.length)
      const images = new Uint8Array(indices.length * size)
      await Promise.all(
        Array.from(indices, async (index, i) => {
          const image = await open(names[index]!)
          if (image.height !== height || image.width !== width || image.channels !== channels)
            throw mixed(nameIn(files, names[index]!), image, names[0]!, { height, width, channels })
          images.set(image.data, i * size)
        }),
      )
      return {
        images,
        ...(labels && { labels: Array.from(indices, index => labels.labels[index]!) }),
      }
    }
    return {
      count: names.length,
      height,
      width,
      channels,
      classes: labels?.classes,
      classNames: labels?.names,
      read,
      close: once(files),
    }
  } catch (error) {
    await files.close()
    throw error
  }
}

/** Throw unless the options are right. */
export function checkImageOptions({ channels, maxBytes }: ImageFilesOptions): void {
  if (channels !== undefined && channels !== 1 && channels !== 3)
    throw new RangeError(`${WHERE}: channels must be 1 or 3, got ${describe(channels)}.`)
  if (maxBytes !== undefined) checkNumber(WHERE, 'maxBytes', maxBytes, 0)
}

/** The names of the images. Images of other kinds are refused: leaving them out would be a smaller set without a word. */
function imageNames({ path, names }: FileList): string[] {
  const others = names.filter(name => OTHER_IMAGE.test(name))
  if (others.length > 0)
    throw new RangeError(
      `${WHERE}: images must be PNG, JPEG or WebP, got ${others.length} of another kind in ${describe(path)}: ${describe(others)}. Convert or remove them.`,
    )
  const images = names.filter(name => IMAGE.test(name))
  if (images.length === 0)
    throw new RangeError(`${WHERE}: path must hold PNG, JPEG or WebP images, got none in ${describe(path)}.`)
  return images
}

type Size = Omit<Pixels, 'data'>

function mixed(name: string, image: Size, first: string, size: Size): RangeError {
  const text = ({ height, width, channels }: Size) => `${height}x${width}x${channels}`
  const hint =
    image.height === size.height && image.width === size.width
      ? 'Pass channels: 3 to have grey images as colour, or channels: 1.'
      : 'Pass resolution to crop and resize them.'
  return new RangeError(
    `${WHERE}: images must all be ${text(size)} as ${describe(first)}, got ${text(image)} in ${name}. ${hint}`,
  )
}

function once(files: FileList): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => {
    closed ??= files.close()
    return closed
  }
}
