import { inflateTo } from './inflate-to.js'
import { type PngChunks, pngChunks } from './png-chunks.js'
import { unfilter } from './unfilter.js'

/** The pixels of a PNG, with palette indices replaced by colours: [H,W,C], each in 0..max. */
export interface PngPixels {
  height: number
  width: number
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
  channels: number
  data: Uint8Array | Uint16Array
  max: number
}

const samplesOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
/** First column and row of each pass, and the steps from a pixel to the next. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const
const inOrder = [[0, 0, 1, 1]] as const

/**
 * Decode a PNG of any colour type, depth and interlacing. For bytes that are no whole PNG, it throws an Error with the reason.
 *
 * @param fits     is called with the bytes that the pixels take, before they are unpacked; it may throw
 * @param inflate  unpacks a zlib stream of so many bytes
 */
export function pngPixels(
  bytes: Uint8Array,
  fits: (size: number) => void,
  inflate: typeof inflateTo = inflateTo,
): PngPixels {
  const png = pngChunks(bytes)
  const { width, height, depth, colour } = png
  const samples = samplesOf[colour]
  const channels = colour === 3 ? (png.alphas.length > 0 ? 4 : 3) : samples
  const size = width * height * channels
  fits(depth === 16 ? 2 * size : size)

  const step = Math.max(1, (samples * depth) / 8)
  const passes = (png.interlaced ? adam7 : inOrder).map(([x, y, stepX, stepY]) => {
    const columns = Math.ceil((width - x) / stepX)
    const rows = columns > 0 ? Math.max(0, Math.ceil((height - y) / stepY)) : 0 // a small image lacks some passes
    return { x, y, stepX, stepY, columns, rows, length: Math.ceil((columns * samples * depth) / 8) }
  })
  const raw = inflate(
    passes.reduce((sum, { rows, length }) => sum + rows * (1 + length), 0),
    png.packed,
  )
  const data = depth === 16 ? new Uint16Array(size) : new Uint8Array(size)
  const put = colour === 3 ? colours(png, data, channels) : undefined
  let start = 1
  for (const { x, y, stepX, stepY, columns, rows, length } of passes)
    for (let row = 0; row < rows; row++, start += 1 + length) {
      unfilter(raw, { start, length, step, first: row === 0 })
      const first = (y + row * stepY) * width + x
      if (depth === 8 && stepX === 1 && !put) data.set(raw.subarray(start, start + length), first * samples)
      else
        for (let i = 0; i < columns * samples; i++) {
          const pixel = first + Math.floor(i / samples) * stepX
          const value = sample(raw, start, i, depth)
          if (put) put(pixel, value)
          else data[pixel * samples + (i % samples)] = value
        }
    }
  return { height, width, channels, data, max: colour === 3 ? 255 : 2 ** depth - 1 }
}

/** Sample i of a line. Samples of 1, 2 or 4 bits are packed into bytes, the first in the highest bits. */
function sample(raw: Uint8Array, start: number, i: number, depth: number): number {
  if (depth === 8) return raw[start + i]!
  if (depth === 16) return (raw[start + 2 * i]! << 8) | raw[start + 2 * i + 1]!
  const bit = i * depth
  return (raw[start + (bit >> 3)]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1)
}

/** Puts colour `index` of the palette at a pixel, with its alpha if any colour has one. */
function colours({ palette, alphas }: PngChunks, data: Uint8Array | Uint16Array, channels: number) {
  return (pixel: number, index: number) => {
    if (3 * index + 3 > palette.length) throw new Error(`its palette has no colour ${index}`)
    for (let c = 0; c < 3; c++) data[pixel * channels + c] = palette[3 * index + c]!
    if (channels === 4) data[pixel * 4 + 3] = alphas[index] ?? 255
  }
}
