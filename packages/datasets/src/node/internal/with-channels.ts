import type { Pixels } from '../../resize-image.js'

/** The image with 1 or 3 channels: grey as colour, its value three times, or colour as grey, as Pillow's convert('L') does. */
export function withChannels(image: Pixels, channels: 1 | 3): Pixels {
  if (image.channels === channels) return image
  const pixels = image.height * image.width
  const data = new Uint8Array(pixels * channels)
  for (let p = 0; p < pixels; p++)
    if (channels === 3) data.fill(image.data[p]!, 3 * p, 3 * p + 3)
    else data[p] = luma(image.data, 3 * p)
  return { ...image, data, channels }
}

/** ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B, in Pillow's fixed point. */
function luma(data: Uint8Array, at: number): number {
  return (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 0x8000) >> 16
}
