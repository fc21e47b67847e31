import { deflateSync } from 'node:zlib'
import { PNG_SIGNATURE, pngChunk } from '../../png-chunk.js'

export interface PngHeader {
  width: number
  height: number
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  depth: number
  /** 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha. */
  colour: number
  interlace: number
}

type Chunk = readonly [kind: string, bytes: Uint8Array]

const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** The chunks of a PNG whose rows of pixels are these bytes, or zeros; each chunk can be changed before the file is made. */
export function pngChunks(header: PngHeader, rows?: Uint8Array): Chunk[] {
  const ihdr = Buffer.alloc(13)
  ihdr.writeUInt32BE(header.width >>> 0, 0)
  ihdr.writeUInt32BE(header.height >>> 0, 4)
  ihdr.set([header.depth, header.colour, 0, 0, header.interlace], 8)
  const row = 1 + Math.ceil((header.width * header.depth * (SAMPLES[header.colour] ?? 1)) / 8)
  const pixels = rows ?? new Uint8Array(row * header.height)
  const palette: Chunk[] =
    header.colour === 3 ? [['PLTE', Uint8Array.from({ length: 12 }, (_, i) => 20 * i)]] : []
  return [
    ['IHDR', ihdr],
    ...palette,
    ['tEXt', Buffer.from('Title\0a picture')],
    ['IDAT', deflateSync(pixels)],
    ['IEND', new Uint8Array(0)],
  ]
}

/** A PNG with the checksums of these chunks. */
export const pngFile = (chunks: readonly Chunk[]): Uint8Array =>
  new Uint8Array(Buffer.concat([PNG_SIGNATURE, ...chunks.map(([kind, bytes]) => pngChunk(kind, bytes))]))
