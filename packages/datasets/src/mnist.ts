import { checkOptions } from '@rectified-flow/core'
import { type IdxArray, parseIdx } from './idx.js'
import { type ImageDataset, imageDataset } from './image-dataset.js'
import { classLabels } from './internal/class-labels.js'

/** The bytes of an images file (idx3) and, if wanted, of its labels file (idx1), each plain or gzip. */
export interface MnistFiles {
  images: Uint8Array
  labels?: Uint8Array
}

/**
 * MNIST, or a dataset of the same format (Fashion-MNIST, KMNIST, EMNIST), from the bytes of its files. Images are given as
 * they are stored; in EMNIST's files rows and columns are exchanged, and torchvision gives them so too.
 *
 * @param maxBytes  the most bytes that a file may unpack to; by default 64 MiB plus 100 times its size
 * @returns         images [N,28,28,1], and if labels were given 10 classes, or more if a label needs more (EMNIST)
 */
export async function mnist(files: MnistFiles, options: { maxBytes?: number } = {}): Promise<ImageDataset> {
  const where = 'datasets.mnist'
  checkOptions<{ maxBytes?: number }>(where, options, { maxBytes: 'optional' })
  checkOptions<MnistFiles>(where, files, { images: 'required', labels: 'optional' }, 'files')
  const { images, labels } = files
  const pixels = await parseIdx(images, options)
  return mnistOf(pixels, labels && (await parseIdx(labels, options)))
}

/** The dataset of parsed files. */
export function mnistOf({ shape, data }: IdxArray, labels?: IdxArray): ImageDataset {
  const [count, height, width] = shape as [number, number, number]
  if (shape.length !== 3)
    throw new RangeError(`datasets.mnist: images must have shape [N,H,W], got [${shape.slice(0, 8)}].`)
  const parts = { images: data, height, width, channels: 1 }
  if (!labels) return imageDataset(parts)
  if (labels.shape.length !== 1 || labels.data.length !== count)
    throw new RangeError(
      `datasets.mnist: labels must have shape [${count}], got [${labels.shape.slice(0, 8)}].`,
    )
  const found = classLabels('datasets.mnist', labels.data, i => `labels[${i}] must be`)
  return imageDataset({ ...parts, ...found, classes: Math.max(10, found.classes) })
}
