import * as tf from '@tensorflow/tfjs-core'
import { checkBackend } from './check-backend.js'
import { checkList, checkShape } from './check-kinds.js'

/** Bytes 0..255 as numbers in [-1,1]: v / 127.5 - 1. */
export function bytesToSigned(bytes: ArrayLike<number>): Float32Array {
  checkList('core.bytesToSigned', 'bytes', bytes)
  const values = new Float32Array(bytes.length)
  for (let i = 0; i < values.length; i++) values[i] = bytes[i]! / 127.5 - 1
  return values
}

/**
 * Numbers in [-1,1] as bytes 0..255: round((v + 1) 127.5). Numbers outside of the range are clipped; NaN becomes 0. It
 * computes in float32 and rounds halves to the even byte, so that it gives the bytes that tensors and NumPy give.
 */
export function signedToBytes(values: ArrayLike<number>): Uint8Array {
  checkList('core.signedToBytes', 'values', values)
  const bytes = new Uint8ClampedArray(values.length) // it clips, and rounds halves to even
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.fround(Math.fround(values[i]! + 1) * 127.5)
  return new Uint8Array(bytes.buffer)
}

/** Bytes [N,H,W,C] as a tensor of images in [-1,1], given the shape [H,W,C] of one. */
export function bytesToImages(
  bytes: ArrayLike<number>,
  shape: readonly [height: number, width: number, channels: number],
): tf.Tensor4D {
  const where = 'core.bytesToImages'
  checkBackend(where)
  checkList(where, 'bytes', bytes)
  checkShape(where, 'shape', shape)
  const size = shape[0] * shape[1] * shape[2]
  return tf.tensor4d(bytesToSigned(bytes), [bytes.length / size, ...shape])
}
