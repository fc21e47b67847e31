import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png'

/** The pixels of a PNG, with palette indices replaced by colours: [H,W,C], each in 0..max. */
export interface PngPixels {
  height: number
  width: number
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
  channels: number
  data: ArrayLike<number>
  max: number
}

/** Decode a PNG of any bit depth and palette. For bytes that are no whole PNG, it throws the error of `fast-png`. */
export function pngPixels(bytes: Uint8Array): PngPixels {
  const png = decode(bytes, { checkCrc: true })
  const { width, height, palette } = png
  return {
    height,
    width,
    channels: palette ? palette[0]!.length : png.channels,
    data: palette ? convertIndexedToRgb(png) : png.depth < 8 ? unpack(png) : png.data,
    max: palette ? 255 : 2 ** png.depth - 1,
  }
}

/** Unpack grey values of 1, 2 or 4 bits. Each row starts a new byte; the first value is in its highest bits. */
function unpack({ data, depth, width, height }: DecodedPng): Uint8Array {
  const values = new Uint8Array(width * height)
  const stride = Math.ceil((width * depth) / 8)
  for (let i = 0; i < values.length; i++) {
    const bit = (i % width) * depth
    const byte = data[Math.floor(i / width) * stride + (bit >> 3)]!
    values[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1)
  }
  return values
}
