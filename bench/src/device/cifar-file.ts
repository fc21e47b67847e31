import { readCifar10 } from '@rectified-flow/datasets/node'

/** How many images travel: enough to train on for minutes, and small enough for a pack. */
export const CIFAR_IMAGES = 5000

const PLANE = 32 * 32

/**
 * The first training images of CIFAR-10 as a file of its binary version, which `cifar10` reads.
 *
 * @param path  what `readCifar10` takes
 */
export async function cifarFile(path: string, count = CIFAR_IMAGES): Promise<Uint8Array> {
  const { images, labels } = await readCifar10(path)
  const file = new Uint8Array(count * (1 + 3 * PLANE))
  let at = 0
  for (let n = 0; n < count; n++) {
    file[at++] = labels![n]!
    for (let c = 0; c < 3; c++) for (let p = 0; p < PLANE; p++) file[at++] = images[(n * PLANE + p) * 3 + c]!
  }
  return file
}
