import { checkKind, checkNumber, checkOptions } from '@rectified-flow/core'
import { gunzip } from './internal/gunzip.js'
import { defaultMaxBytes } from './internal/unpack-limit.js'

/** An array of bytes with its shape, as an IDX file holds it (last axis fastest). */
export interface IdxArray {
  shape: number[]
  data: Uint8Array
}

const unsignedByte = 0x08

/**
 * Parse an IDX file of unsigned bytes, the format of MNIST and of its drop-in replacements.
 *
 *   0 0 type rank | rank big-endian uint32 sizes | data
 *
 * @param bytes     the file, plain or gzip
 * @param maxBytes  the most bytes that it may unpack to; by default 64 MiB plus 100 times its size
 * @returns         the sizes and the data (a view of `bytes` if the file is plain)
 * @see LeCun, Cortes, Burges, The MNIST database of handwritten digits, "The IDX file format"
 */
export async function parseIdx(bytes: Uint8Array, options: { maxBytes?: number } = {}): Promise<IdxArray> {
  const where = 'datasets.parseIdx'
  checkOptions<{ maxBytes?: number }>(where, options, { maxBytes: 'optional' })
  checkKind(where, 'bytes', bytes, 'a Uint8Array, the bytes of a file', ['byteLength', 'subarray'])
  const { maxBytes = defaultMaxBytes(bytes.length) } = options
  checkNumber(where, 'maxBytes', maxBytes, 0)
  const plain = await gunzip(where, bytes, maxBytes)
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength)
  if (plain.length < 4)
    throw new RangeError(
      `${where}: bytes must hold at least 4 bytes, got ${plain.length}. The file is truncated.`,
    )
  const rank = view.getUint8(3)
  if (view.getUint16(0) !== 0 || view.getUint8(2) !== unsignedByte || rank === 0) {
    const magic = view.getUint32(0).toString(16).padStart(8, '0')
    throw new TypeError(
      `${where}: bytes must start with 0x000008 and the rank (IDX of uint8), got 0x${magic}.`,
    )
  }
  const start = 4 + 4 * rank
  if (plain.length < start)
    throw new RangeError(
      `${where}: bytes must hold a header of ${start} bytes, got ${plain.length}. The file is truncated.`,
    )
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const end = start + shape.reduce((size, n) => size * n, 1)
  if (plain.length !== end) {
    const hint = plain.length < end ? ' The file is truncated.' : ''
    throw new RangeError(
      `${where}: bytes must be ${end} bytes for shape [${shape.slice(0, 8)}], got ${plain.length}.${hint}`,
    )
  }
  return { shape, data: plain.subarray(start) }
}
