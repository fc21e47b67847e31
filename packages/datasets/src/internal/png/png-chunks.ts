import { crc32 } from './crc32.js'

/** The parts of a PNG file that make its pixels. Other chunks (profiles, texts, frames of an animation) are never unpacked. */
export interface PngChunks {
  width: number
  height: number
  /** Bits of a sample. */
  depth: number
  colour: Colour
  interlaced: boolean
  /** The colours of a palette, 3 bytes each, and the alphas of the first of them. */
  palette: Uint8Array
  alphas: Uint8Array
  /** The data of all IDAT chunks: one zlib stream. */
  packed: Uint8Array
}

export type Colour = keyof typeof depths

/** The colour types with their depths: grey, colour, palette, grey and alpha, colour and alpha. */
const depths = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/**
 * Take a PNG file apart and check its structure and checksums. It throws an Error with the reason.
 *
 * @see W3C, Portable Network Graphics (PNG) Specification, third edition, sections 5 and 11
 */
export function pngChunks(bytes: Uint8Array): PngChunks {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new Error('its signature is not that of a PNG')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let header: ReturnType<typeof readHeader> | undefined
  let palette = new Uint8Array(0)
  let alphas = new Uint8Array(0)
  let packed = new Uint8Array(0)
  let filled = 0
  for (let at = 8; ; ) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Infinity
    const end = at + 8 + length
    if (end + 4 > bytes.length) throw new Error('it ends early')
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      throw new Error(`the CRC of its chunk at byte ${at} is wrong`)
    const data = bytes.subarray(at + 8, end)
    if ((type === 'IHDR') === Boolean(header)) throw new Error('its header is not its first chunk, once')
    if (type === 'IHDR') header = readHeader(data)
    else if (type === 'PLTE') palette = data.slice()
    else if (type === 'tRNS') alphas = data.slice()
    else if (type === 'IDAT') {
      // One buffer, because there may be a million chunks of one byte.
      if (packed.length === 0) packed = new Uint8Array(bytes.length)
      packed.set(data, filled)
      filled += length
    } else if (type === 'IEND') break
    at = end + 4
  }
  return { ...header!, palette, alphas, packed: packed.subarray(0, filled) }
}

function readHeader(data: Uint8Array) {
  if (data.length !== 13) throw new Error(`its header has ${data.length} bytes`)
  const view = new DataView(data.buffer, data.byteOffset, 13)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colour, compression, filter, interlace] = data.subarray(8) as unknown as [
    number,
    Colour,
    number,
    number,
    number,
  ]
  if (width === 0 || height === 0) throw new Error(`it has ${height}x${width} pixels`)
  if (!depths[colour]?.includes(depth)) throw new Error(`its colour type is ${colour} with ${depth} bits`)
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw new Error(`its methods are ${[compression, filter, interlace]}`)
  return { width, height, depth, colour, interlaced: interlace === 1 }
}
