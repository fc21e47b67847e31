import type { Pixels } from '../../resize-image.js'

export class MissingSharp extends Error {}

/**
 * A JPEG or WebP file as bytes [H,W,C], the bytes that Pillow reads: C 1 for grey JPEG, else 3 (WebP has only colours). sharp
 * decodes on its own threads. It is an optional peer dependency, so that PNG files need no native module.
 *
 * @param fits  is called with the bytes that the pixels take, before they are decoded; it may throw
 */
export async function decodeWithSharp(
  where: string,
  name: string,
  bytes: Uint8Array,
  fits: (size: number) => void,
): Promise<Pixels> {
  const { default: sharp } = await import('sharp').catch(cause => {
    throw new MissingSharp(
      `${where}: ${name}, which is no PNG, must have the package sharp to decode it, got none. Run npm install sharp.`,
      { cause },
    )
  })
  const image = sharp(bytes, { ignoreIcc: true, limitInputPixels: false })
  const { width, height, channels, space } = await image.metadata()
  fits(width * height * channels)
  if (space === 'b-w') image.toColourspace('b-w')
  if (space === 'cmyk') image.pipelineColourspace('cmyk').toColourspace('cmyk')
  else image.removeAlpha()
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const size = { height: info.height, width: info.width }
  return space === 'cmyk'
    ? { data: toRgb(data), ...size, channels: 3 }
    : { data, ...size, channels: info.channels }
}

/** Inks as colours, by the numbers alone, as Pillow's convert('RGB') does: 255 - k - c (255 - k) / 255. */
function toRgb(inks: Uint8Array): Uint8Array {
  const colours = new Uint8Array((inks.length / 4) * 3)
  for (let p = 0; p < inks.length / 4; p++) {
    const light = 255 - inks[4 * p + 3]!
    for (let c = 0; c < 3; c++) colours[3 * p + c] = light - Math.round((inks[4 * p + c]! * light) / 255)
  }
  return colours
}
