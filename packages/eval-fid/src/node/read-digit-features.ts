import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SmallResNet } from '../networks/small-resnet.js'
import { loadSmallResNet } from '../networks/small-resnet-file.js'

/** The weights that this package ships: src/node and dist/node are equally deep. */
const shipped = new URL('../../weights/digit-features.safetensors', import.meta.url)

/**
 * The measuring network for digits, trained on MNIST, from the weights that this package ships or from a file.
 * Distances between its features are called "Fréchet distance (digit features)", never FID.
 *
 * @param path  a file written with `saveSmallResNet`
 * @returns     features [N,64] of images [N,28,28,1]; the caller disposes it
 */
export async function readDigitFeatures(path = fileURLToPath(shipped)): Promise<SmallResNet> {
  const where = 'eval-fid.readDigitFeatures'
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    throw new Error(`${where}: path must be a file that can be read, got '${path}' (${code}).`, { cause })
  }
  try {
    return loadSmallResNet(bytes)
  } catch (cause) {
    const reason = (cause as Error).message
    throw new Error(`${where}: path must hold a whole digit network, got '${path}'. ${reason}`, { cause })
  }
}
