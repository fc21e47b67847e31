import { checkKind, checkNumber, checkOptions } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type PngPixels, pngPixels } from './internal/png/png-pixels.js'
import { checkUnpacked, defaultMaxBytes, TooLarge } from './internal/unpack-limit.js'

/**
 * Read a PNG of any colour type, bit depth and interlacing.
 *
 * @param bytes     the file
 * @param maxBytes  the most bytes that its pixels may take, at 1 or 2 bytes a number; by default 64 MiB plus 100 times the
 *   file's size
 * @returns         [1,H,W,C] in [-1,1]; C is 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha, as in the file
 */
export function decodePng(bytes: Uint8Array, options: { maxBytes?: number } = {}): tf.Tensor4D {
  const where = 'datasets.decodePng'
  checkOptions<{ maxBytes?: number }>(where, options, { maxBytes: 'optional' })
  checkKind(where, 'bytes', bytes, 'a Uint8Array, the bytes of a file', ['byteLength', 'subarray'])
  const { maxBytes = defaultMaxBytes(bytes.length) } = options
  checkNumber(where, 'maxBytes', maxBytes, 0)
  let png: PngPixels
  try {
    png = pngPixels(bytes, size => checkUnpacked(where, 'bytes', size, maxBytes))
  } catch (cause) {
    if (cause instanceof TooLarge) throw cause
    throw new TypeError(
      `${where}: bytes must be a whole PNG file, got ${bytes.length} bytes (${(cause as Error).message}).`,
      { cause },
    )
  }
  const { data, height, width, channels, max } = png
  const values = new Float32Array(data.length)
  for (let i = 0; i < values.length; i++) values[i] = (2 * data[i]!) / max - 1
  return tf.tensor4d(values, [1, height, width, channels])
}
