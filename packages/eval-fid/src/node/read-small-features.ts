import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SmallResNet } from '../networks/small-resnet.js'
import { loadSmallResNet } from '../networks/small-resnet-file.js'

/** A file of the weights that this package ships. src/node and dist/node are equally deep, so one path fits both. */
const shipped = (name: string) => fileURLToPath(new URL(`../../weights/${name}.safetensors`, import.meta.url))

/**
 * The measuring network for digits, trained on MNIST, from the weights that this package ships or from a file.
 * Distances between its features are called "Fréchet distance (digit features)", never FID.
 *
 * @param path  a file written with `saveSmallResNet`
 * @returns     features [N,64] of images [N,28,28,1]; the caller disposes it
 */
export function readDigitFeatures(path = shipped('digit-features')): Promise<SmallResNet> {
  return read('eval-fid.readDigitFeatures', 'digit', path)
}

/**
 * The measuring network for digits of half the side, each pixel the mean of 2x2, from the weights that this package ships or from
 * a file. Its distances and those of `readDigitFeatures` are on different scales.
 *
 * @param path  a file written with `saveSmallResNet`
 * @returns     features [N,64] of images [N,14,14,1]; the caller disposes it
 */
export function readSmallDigitFeatures(path = shipped('small-digit-features')): Promise<SmallResNet> {
  return read('eval-fid.readSmallDigitFeatures', 'small digit', path)
}

/**
 * The measuring network for the faces of `drawFaces` in @rectified-flow/datasets/node, from the weights that this package ships or
 * from a file. Its logits [N,46] read the attributes: the values of each of FACE_ATTRIBUTES, side by side. Distances between its
 * features are called "Fréchet distance (face features)", never FID.
 *
 * @param path  a file written with `saveSmallResNet`
 * @returns     features [N,64] of images [N,16,16,3]; the caller disposes it
 */
export function readFaceFeatures(path = shipped('face-features')): Promise<SmallResNet> {
  return read('eval-fid.readFaceFeatures', 'face', path)
}

/**
 * The measuring network for 32 x 32 colour images, trained on CIFAR-10, from the weights that this package ships or from
 * a file. Distances between its features are called "Fréchet distance (CIFAR features)", never FID.
 *
 * @param path  a file written with `saveSmallResNet`
 * @returns     features [N,128] of images [N,32,32,3]; the caller disposes it
 */
export function readCifarFeatures(path = shipped('cifar-features')): Promise<SmallResNet> {
  return read('eval-fid.readCifarFeatures', 'CIFAR', path)
}

async function read(where: string, kind: string, path: string): Promise<SmallResNet> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    throw new Error(`${where}: path must be a file that can be read, got '${path}' (${code}).`, { cause })
  }
  const weightsSha256 = createHash('sha256').update(bytes).digest('hex')
  try {
    return loadSmallResNet(bytes, { network: `${kind} features`, weightsSha256 })
  } catch (cause) {
    const reason = (cause as Error).message
    throw new Error(`${where}: path must hold a whole ${kind} network, got '${path}'. ${reason}`, { cause })
  }
}
