import { crc32 } from 'node:zlib'

/** A chunk of a PNG file. */
export function chunk(type: string, data: ArrayLike<number>): Buffer {
  const bytes = Buffer.alloc(12 + data.length)
  bytes.writeUInt32BE(data.length)
  bytes.write(type, 4, 'latin1')
  bytes.set(data, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length)
  return bytes
}

/** A PNG file of these chunks. */
export function pngOf(
  [width, height, depth, colour, interlace]: readonly [number, number, number, number, number],
  chunks: readonly Uint8Array[],
): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([depth, colour, 0, 0, interlace], 8)
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  return Buffer.concat([signature, chunk('IHDR', header), ...chunks, chunk('IEND', [])])
}
