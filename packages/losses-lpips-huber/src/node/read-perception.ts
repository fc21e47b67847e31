import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SmallVgg } from '../small-vgg.js'
import { loadSmallVgg } from '../small-vgg-file.js'

/** A file of the weights that this package ships. src/node and dist/node are equally deep, so one path fits both. */
const shipped = (name: string) => fileURLToPath(new URL(`../../weights/${name}.safetensors`, import.meta.url))

/**
 * The perceptual network for digits that this package ships: a frozen SmallVgg for images [B,28,28,1] or [B,14,14,1] in [-1,1],
 * trained on MNIST, blurred and with noise at all levels, with heads under which unrelated digits are about 1 apart.
 *
 * @param path  another file of the same format
 */
export function readDigitPerception(path = shipped('digit-perception')): Promise<SmallVgg> {
  return read('losses-lpips-huber.readDigitPerception', path)
}

/**
 * The perceptual network for the faces of `drawFaces` in @rectified-flow/datasets/node: a frozen SmallVgg for images [B,16,16,3] in
 * [-1,1], trained on them, blurred and with noise at all levels, with heads under which unrelated faces are about 1 apart.
 *
 * @param path  another file of the same format
 */
export function readFacePerception(path = shipped('face-perception')): Promise<SmallVgg> {
  return read('losses-lpips-huber.readFacePerception', path)
}

async function read(where: string, path: string): Promise<SmallVgg> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new RangeError(`${where}: path must name an existing file, got '${path}'.`, { cause })
  })
  return loadSmallVgg(bytes)
}
