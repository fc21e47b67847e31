import { parseIdx } from './idx.js'
import { type ImageDataset, imageDataset } from './image-dataset.js'

/** The bytes of an images file (idx3) and, if wanted, of its labels file (idx1), each plain or gzip. */
export interface MnistFiles {
  images: Uint8Array
  labels?: Uint8Array
}

/**
 * MNIST, or a dataset of the same format (Fashion-MNIST, KMNIST), from the bytes of its files.
 *
 * @returns  images [N,28,28,1], and 10 classes if labels were given
 */
export async function mnist({ images, labels }: MnistFiles): Promise<ImageDataset> {
  const { shape, data } = await parseIdx(images)
  const [count, height, width] = shape as [number, number, number]
  if (shape.length !== 3)
    throw new RangeError(`datasets.mnist: images must have shape [N,H,W], got [${shape}].`)
  const parts = { images: data, height, width, channels: 1 }
  if (!labels) return imageDataset(parts)

  const classOf = await parseIdx(labels)
  if (classOf.shape.length !== 1 || classOf.data.length !== count)
    throw new RangeError(`datasets.mnist: labels must have shape [${count}], got [${classOf.shape}].`)
  return imageDataset({ ...parts, labels: classOf.data, classes: 10 })
}
