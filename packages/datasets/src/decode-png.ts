import * as tf from '@tensorflow/tfjs-core'
import { type PngPixels, pngPixels } from './internal/png-pixels.js'

/**
 * Read a PNG of any bit depth and palette.
 *
 * @param bytes  the file
 * @returns      [1,H,W,C] in [-1,1]; C is 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha, as in the file
 */
export function decodePng(bytes: Uint8Array): tf.Tensor4D {
  let png: PngPixels
  try {
    png = pngPixels(bytes)
  } catch (cause) {
    throw new TypeError(
      `datasets.decodePng: bytes must be a whole PNG file, got ${bytes.length} bytes (${(cause as Error).message}).`,
      { cause },
    )
  }
  const { data, height, width, channels, max } = png
  return tf.tensor4d(
    new Float32Array(data).map(v => (2 * v) / max - 1),
    [1, height, width, channels],
  )
}
