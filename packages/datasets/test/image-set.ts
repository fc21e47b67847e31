import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type OpenImagesOptions, openImages, ZipWriter } from '@rectified-flow/datasets/node'
import { encode } from 'fast-png'

/** Files by their names; a name that ends with '/' is a folder. */
export type Files = Record<string, Uint8Array | string>

/** A picture of one grey value or colour. */
export function png(value: number, { width = 4, height = 4, channels = 3 } = {}): Uint8Array {
  const data = new Uint8Array(width * height * channels).fill(value)
  return encode({ width, height, channels, depth: 8, data })
}

/** A folder `set` of these files. */
export async function asFolder(folder: string, files: Files): Promise<string> {
  await rm(join(folder, 'set'), { recursive: true, force: true })
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, 'set', name)
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true })
    if (!name.endsWith('/')) await writeFile(path, content)
  }
  return join(folder, 'set')
}

/** A zip of these files. */
export async function asZip(folder: string, files: Files): Promise<string> {
  const path = join(folder, 'set.zip')
  const file = await open(path, 'w')
  const zip = new ZipWriter(file)
  for (const [name, content] of Object.entries(files)) await zip.add(name, Buffer.from(content as string))
  await zip.finish()
  await file.close()
  return path
}

/** What a source says of its images, and of each the first value. */
export async function read(path: string, options?: OpenImagesOptions) {
  const source = await openImages(path, options)
  const { count, height, width, channels, classes } = source
  try {
    const { images, labels } = await source.read(Array.from({ length: count }, (_, i) => i))
    const size = height * width * channels
    const values = Array.from({ length: count }, (_, i) => images[i * size])
    return { shape: [count, height, width, channels], values, labels, classes }
  } finally {
    await source.close()
    await source.close() // closing twice is safe
  }
}
