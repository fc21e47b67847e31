import { PNG_SIGNATURE, pngChunk } from '@rectified-flow/tools/png-chunk'

/** A PNG file of these chunks. */
export function pngOf(
  [width, height, depth, colour, interlace]: readonly [number, number, number, number, number],
  chunks: readonly Uint8Array[],
): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([depth, colour, 0, 0, interlace], 8)
  return Buffer.concat([PNG_SIGNATURE, pngChunk('IHDR', header), ...chunks, pngChunk('IEND', [])])
}
