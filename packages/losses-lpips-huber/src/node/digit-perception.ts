import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SmallVgg } from '../small-vgg.js'
import { loadSmallVgg } from '../small-vgg-file.js'

/**
 * The network for digits that this package ships: a frozen SmallVgg for images [B,28,28,1] in [-1,1], trained on MNIST, with
 * calibrated heads.
 *
 * @param path  another file of the same format
 */
export async function readDigitPerception(path: string = shippedFile()): Promise<SmallVgg> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new RangeError(
      `losses-lpips-huber.readDigitPerception: path must name an existing file, got '${path}'.`,
      { cause },
    )
  })
  return loadSmallVgg(bytes)
}

function shippedFile(): string {
  return fileURLToPath(new URL('../../weights/digit-perception.safetensors', import.meta.url))
}
