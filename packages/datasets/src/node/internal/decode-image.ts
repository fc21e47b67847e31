import { pngPixels } from '../../internal/png-pixels.js'
import type { Pixels } from '../../resize-image.js'

/** The format of an image file, from its first bytes. */
export function imageFormat(bytes: Uint8Array): 'png' | 'jpeg' | 'other' {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return 'png'
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? 'jpeg' : 'other'
}

/** An image file as bytes [H,W,C], C 1 or 3. Alpha is dropped, 16 bits are rounded to 8, colour profiles are ignored. */
export async function decodeImage(where: string, name: string, bytes: Uint8Array): Promise<Pixels> {
  try {
    return imageFormat(bytes) === 'png' ? decodePngBytes(bytes) : await decodeWithSharp(where, name, bytes)
  } catch (cause) {
    if (cause instanceof MissingSharp) throw cause
    throw new RangeError(
      `${where}: '${name}' must be a whole image, got a damaged one (${(cause as Error).message}).`,
      {
        cause,
      },
    )
  }
}

function decodePngBytes(bytes: Uint8Array): Pixels {
  const { data, height, width, channels, max } = pngPixels(bytes)
  const kept = channels < 3 ? 1 : 3
  if (kept === channels && data instanceof Uint8Array && max === 255) return { data, height, width, channels }
  const out = new Uint8Array(height * width * kept)
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < kept; c++) out[p * kept + c] = Math.round((data[p * channels + c]! * 255) / max)
  return { data: out, height, width, channels: kept }
}

/** sharp decodes on its own threads. It is an optional peer dependency, so that PNG files need no native module. */
async function decodeWithSharp(where: string, name: string, bytes: Uint8Array): Promise<Pixels> {
  const { default: sharp } = await import('sharp').catch(cause => {
    throw new MissingSharp(
      `${where}: reading '${name}', which is no PNG, must have the package sharp to decode it, got none. Run npm install sharp.`,
      { cause },
    )
  })
  const { data, info } = await sharp(bytes, { ignoreIcc: true })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, height: info.height, width: info.width, channels: info.channels }
}

class MissingSharp extends Error {}

/** The image with this many channels: itself, or grey turned into colour. undefined if that isn't possible. */
export function withChannels(image: Pixels, channels: number): Pixels | undefined {
  if (image.channels === channels) return image
  if (image.channels !== 1 || channels !== 3) return undefined
  const data = new Uint8Array(image.data.length * 3)
  for (let i = 0; i < data.length; i++) data[i] = image.data[Math.floor(i / 3)]!
  return { ...image, data, channels }
}
