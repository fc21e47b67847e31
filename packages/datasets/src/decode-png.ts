import * as tf from '@tensorflow/tfjs-core'
import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png'

/**
 * Read a PNG of any bit depth and palette.
 *
 * @param bytes  the file
 * @returns      [1,H,W,C] in [-1,1]; C is 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha, as in the file
 */
export function decodePng(bytes: Uint8Array): tf.Tensor4D {
  let png: DecodedPng
  try {
    png = decode(bytes, { checkCrc: true })
  } catch (cause) {
    throw new TypeError(
      `datasets.decodePng: bytes must be a whole PNG file, got ${bytes.length} bytes (${(cause as Error).message}).`,
      { cause },
    )
  }
  const { width, height, palette } = png
  const data = palette ? convertIndexedToRgb(png) : png.depth < 8 ? unpack(png) : png.data
  const channels = palette ? (palette[0] as number[]).length : png.channels
  const max = palette ? 255 : 2 ** png.depth - 1
  return tf.tensor4d(
    Float32Array.from(data, v => (2 * v) / max - 1),
    [1, height, width, channels],
  )
}

/** Grey values of 1, 2 or 4 bits, which fill each row's bytes from the high bits down. */
function unpack({ data, depth, width, height }: DecodedPng): Uint8Array {
  const values = new Uint8Array(width * height)
  const stride = Math.ceil((width * depth) / 8)
  for (let i = 0; i < values.length; i++) {
    const bit = (i % width) * depth
    const byte = data[Math.floor(i / width) * stride + (bit >> 3)] as number
    values[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1)
  }
  return values
}
