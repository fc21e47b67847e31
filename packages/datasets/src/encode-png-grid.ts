import {
  checkFinite,
  checkInt,
  checkNumber,
  checkOptions,
  checkTensor,
  type OptionNames,
  signedToBytes,
} from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** Images on the host: [N,H,W,C], last axis fastest, in [-1,1]. */
export interface HostImages {
  data: ArrayLike<number>
  shape: readonly [number, number, number, number]
}

export interface PngGridOptions {
  /** Images in a row; by default the grid is as square as possible. */
  columns?: number
  /** Pixels between images. */
  gap?: number
  /** Each pixel becomes scale x scale pixels. */
  scale?: number
  /** Value of the gaps and of places without an image, in [-1,1]. */
  background?: number
}

export const pngGridNames: OptionNames<PngGridOptions> = {
  columns: 'optional',
  gap: 'optional',
  scale: 'optional',
  background: 'optional',
}

/**
 * Lay images out, row by row, in one 8-bit PNG. Values become bytes as `signedToBytes` of core makes them.
 *
 * @param images  [N,H,W,C] in [-1,1], C 1 or 3
 * @returns       the file's bytes
 */
export async function encodePngGrid(
  images: tf.Tensor4D | HostImages,
  options: PngGridOptions = {},
): Promise<Uint8Array> {
  const where = 'datasets.encodePngGrid'
  checkOptions(where, options, pngGridNames)
  const { columns, gap = 2, scale = 1, background = -1 } = options
  const { data, shape } = await toHost(where, images)
  const [count, height, width, channels] = shape
  const across = columns ?? Math.ceil(Math.sqrt(count))
  checkInt(where, 'columns', across, 1)
  checkInt(where, 'gap', gap, 0)
  checkInt(where, 'scale', scale, 1)
  checkNumber(where, 'background', background, -1, 1)
  checkFinite(where, 'images', data)
  const levels = signedToBytes(data)

  const pitch = { x: width * scale + gap, y: height * scale + gap }
  const size = { x: across * pitch.x - gap, y: Math.ceil(count / across) * pitch.y - gap }
  const pixels = new Uint8Array(size.x * size.y * channels).fill(signedToBytes([background])[0]!)
  for (let n = 0; n < count; n++) {
    const left = (n % across) * pitch.x
    const top = Math.floor(n / across) * pitch.y
    for (let y = 0; y < height * scale; y++) {
      const row = (n * height + Math.floor(y / scale)) * width
      for (let x = 0; x < width * scale; x++) {
        const from = (row + Math.floor(x / scale)) * channels
        const to = ((top + y) * size.x + left + x) * channels
        for (let c = 0; c < channels; c++) pixels[to + c] = levels[from + c]!
      }
    }
  }
  const { encode } = await import('fast-png')
  return encode({ width: size.x, height: size.y, data: pixels, depth: 8, channels })
}

async function toHost(where: string, images: tf.Tensor4D | HostImages): Promise<HostImages> {
  const host = isHostImages(images)
  if (!host) checkTensor(where, 'images', images, ['N', 'H', 'W', 'C'])
  const { shape } = images
  const channels = shape[3]
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`${where}: images must have 1 or 3 channels, got shape [${shape}].`)
  const size = shape.reduce((product, n) => product * n, 1)
  if (size === 0) throw new RangeError(`${where}: images must hold at least 1 pixel, got shape [${shape}].`)
  const data = host ? images.data : await images.data()
  if (data.length !== size)
    throw new RangeError(
      `${where}: images must hold ${size} numbers for shape [${shape}], got ${data.length}.`,
    )
  return { data, shape }
}

function isHostImages(images: unknown): images is HostImages {
  const { data, shape } = (images ?? {}) as Partial<HostImages>
  return typeof data === 'object' && Array.isArray(shape) && shape.length === 4
}
