import type { ImageRows, ImageSource } from '../image-source.js'
import { checkIndices } from '../internal/check-indices.js'
import { cropAndResize, type Pixels, type ResizeFilter } from '../resize-image.js'
import { decodeImage, imageFormat, withChannels } from './internal/decode-image.js'
import { type FileList, folderFiles, zipFiles } from './internal/file-list.js'
import { imageLabels } from './internal/image-labels.js'

const WHERE = 'datasets.openImages'
const IMAGE = /\.(png|jpe?g|webp)$/i

export interface ImageFilesOptions {
  /** Crop each image to its centre square and resize the square to resolution x resolution. */
  resolution?: number
  /** The filter to resize with. */
  filter?: ResizeFilter
  /** 3 turns grey images into colour; by default all images must have the channels of the first. */
  channels?: 1 | 3
  /** Accept JPEG files. Fine for training data, wrong for samples: measurements would see the losses of JPEG. */
  allowJpeg?: boolean
}

/**
 * Images in the files of a folder or a zip, sorted by name, read and decoded when they are asked for. The first image sets
 * the size; each other image is checked against it when it is read.
 */
export async function imageFiles(
  path: string,
  { resolution, filter = 'lanczos', channels: wanted, allowJpeg = false }: ImageFilesOptions = {},
): Promise<ImageSource> {
  const files = path.endsWith('.zip') ? await zipFiles(path) : await folderFiles(path)
  const open = async (name: string): Promise<Pixels> => {
    const bytes = await files.read(name)
    if (!allowJpeg && imageFormat(bytes) === 'jpeg')
      throw new RangeError(
        `${WHERE}: images must not be JPEG, got '${name}'. Pass allowJpeg: true for data to train on; never measure JPEG samples.`,
      )
    const image = await decodeImage(WHERE, name, bytes)
    const sized = resolution === undefined ? image : cropAndResize(image, resolution, { filter })
    return (wanted && withChannels(sized, wanted)) || sized
  }
  try {
    const names = files.names.filter(name => IMAGE.test(name))
    if (names.length === 0)
      throw new RangeError(`${WHERE}: path must hold PNG, JPEG or WebP images, got none in '${path}'.`)
    const labels = await imageLabels(WHERE, files, names)
    const { height, width, channels } = await open(names[0]!)
    if (wanted !== undefined && channels !== wanted)
      throw new RangeError(
        `${WHERE}: images must have ${wanted} channel${wanted > 1 ? 's' : ''}, got ${channels} in '${names[0]}'.`,
      )
    const size = height * width * channels
    const read = async (indices: ArrayLike<number>): Promise<ImageRows> => {
      checkIndices('datasets.read', indices, names.length)
      const images = new Uint8Array(indices.length * size)
      await Promise.all(
        Array.from(indices, async (index, i) => {
          const image = await open(names[index]!)
          if (image.height !== height || image.width !== width || image.channels !== channels)
            throw mixed(names[index]!, image, names[0]!, { height, width, channels })
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
      read,
      close: once(files),
    }
  } catch (error) {
    await files.close()
    throw error
  }
}

type Size = Omit<Pixels, 'data'>

function mixed(name: string, image: Size, first: string, size: Size): RangeError {
  const text = ({ height, width, channels }: Size) => `${height}x${width}x${channels}`
  const hint =
    image.height === size.height && image.width === size.width
      ? 'Pass channels: 3 to have grey images as colour.'
      : 'Pass resolution to crop and resize them.'
  return new RangeError(
    `${WHERE}: images must all be ${text(size)} as '${first}', got ${text(image)} in '${name}'. ${hint}`,
  )
}

function once(files: FileList): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => {
    closed ??= files.close()
    return closed
  }
}
