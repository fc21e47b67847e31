import { checkFunction, checkOptions } from '@rectified-flow/core'
import { type ImageDataset, imageDataset } from './image-dataset.js'
import { cropAndResize, type ResizeFilter } from './resize-image.js'

/**
 * A dataset in memory at another resolution: each image cropped to its centre square and resized by `cropAndResize`. Labels
 * and class names stay. With 'box' and half the side, every pixel is the mean of 2x2.
 *
 * @param resolution  the new side, in pixels
 */
export function resizeDataset(
  data: ImageDataset,
  resolution: number,
  options: { filter?: ResizeFilter } = {},
): ImageDataset {
  checkOptions<{ filter?: ResizeFilter }>('datasets.resizeDataset', options, { filter: 'optional' })
  checkFunction('datasets.resizeDataset', 'data.batch', data?.batch)
  const { images, height, width, channels, count, read, batch, close, ...labels } = data
  const from = height * width * channels
  const to = resolution * resolution * channels
  let out = new Uint8Array(0)
  for (let i = 0; i < count; i++) {
    const image = { data: images.subarray(i * from, (i + 1) * from), height, width, channels }
    const small = cropAndResize(image, resolution, options)
    if (i === 0) out = new Uint8Array(count * to)
    out.set(small.data, i * to)
  }
  return imageDataset({ ...labels, images: out, height: resolution, width: resolution, channels })
}
