import { createHash } from 'node:crypto'
import type { ImageSource } from '@rectified-flow/datasets'

const LOOKED_AT = 16

/**
 * A short hash of a set of images: their number, their shape, and every byte of some images at equal distances. It does not
 * depend on where the files are, so it is the same on every machine.
 */
export async function sourceFingerprint(source: ImageSource): Promise<string> {
  const { count, height, width, channels } = source
  const looks = Math.min(LOOKED_AT, count)
  const indices = Array.from({ length: looks }, (_, i) => Math.floor((i * count) / looks))
  const { images } = await source.read(indices)
  return createHash('sha256')
    .update(`${count} ${height} ${width} ${channels} `)
    .update(images)
    .digest('hex')
    .slice(0, 16)
}
