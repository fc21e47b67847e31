import { describe } from '@rectified-flow/core'
import { pngPixels } from '../../internal/png/png-pixels.js'
import { checkUnpacked, defaultMaxBytes, TooLarge } from '../../internal/unpack-limit.js'
import type { Pixels } from '../../resize-image.js'
import { decodeWithSharp, MissingSharp } from './decode-with-sharp.js'
import { inflateNatively } from './inflate-natively.js'

const FORMATS = { png: [0x89, 0x50, 0x4e, 0x47], jpeg: [0xff, 0xd8, 0xff], webp: [...Buffer.from('RIFF')] }

/** The format of an image file, from its first bytes: its name may say another. */
export function imageFormat(bytes: Uint8Array): keyof typeof FORMATS | undefined {
  const formats = Object.keys(FORMATS) as (keyof typeof FORMATS)[]
  return formats.find(format => FORMATS[format].every((byte, i) => bytes[i] === byte))
}

/**
 * An image file as bytes [H,W,C], C 1 or 3. Alpha is dropped, 16 bits are rounded to 8, colour profiles are ignored.
 *
 * @param name      how errors name the file
 * @param maxBytes  the most bytes that its pixels may take; by default 64 MiB plus 100 times the file's size
 */
export async function decodeImage(
  where: string,
  name: string,
  bytes: Uint8Array,
  { maxBytes = defaultMaxBytes(bytes.length) }: { maxBytes?: number } = {},
): Promise<Pixels> {
  const format = imageFormat(bytes)
  if (!format)
    throw new RangeError(
      `${where}: ${name} must be PNG, JPEG or WebP, got ${bytes.length} bytes that begin with ${describe([...bytes.subarray(0, 8)])}.`,
    )
  const fits = (size: number) => checkUnpacked(where, name, size, maxBytes)
  try {
    return format === 'png' ? decodePngBytes(bytes, fits) : await decodeWithSharp(where, name, bytes, fits)
  } catch (cause) {
    if (cause instanceof MissingSharp || cause instanceof TooLarge) throw cause
    throw new RangeError(
      `${where}: ${name} must be a whole image, got a damaged one (${(cause as Error).message}).`,
      { cause },
    )
  }
}

function decodePngBytes(bytes: Uint8Array, fits: (size: number) => void): Pixels {
  const { data, height, width, channels, max } = pngPixels(bytes, fits, inflateNatively)
  const kept = channels < 3 ? 1 : 3
  if (kept === channels && data instanceof Uint8Array && max === 255) return { data, height, width, channels }
  const out = new Uint8Array(height * width * kept)
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < kept; c++) out[p * kept + c] = Math.round((data[p * channels + c]! * 255) / max)
  return { data: out, height, width, channels: kept }
}
