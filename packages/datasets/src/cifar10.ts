import { checkKind } from '@rectified-flow/core'
import { type ImageDataset, imageDataset } from './image-dataset.js'

/** The classes, in the order of their numbers. */
const NAMES = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ')

const PLANE = 32 * 32
const RECORD = 1 + 3 * PLANE

/**
 * CIFAR-10 from the bytes of the files of its binary version (data_batch_1.bin ...), in the given order. A file has records
 * of one label and three planes of 1,024 bytes: red, green, blue.
 *
 * @returns  images [N,32,32,3], 10 classes
 * @see Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009
 */
export function cifar10(batches: readonly Uint8Array[]): ImageDataset {
  checkKind('datasets.cifar10', 'batches', batches, 'a list of the bytes of files', ['reduce', 'entries'])
  const count = batches.reduce((sum, { length }) => sum + length, 0) / RECORD
  for (const [i, { length }] of batches.entries())
    if (length === 0 || length % RECORD !== 0)
      throw new RangeError(
        `datasets.cifar10: batches[${i}] must hold N x ${RECORD} bytes, N >= 1, got ${length}.`,
      )
  const images = new Uint8Array(count * 3 * PLANE)
  const labels = new Uint8Array(count)
  let n = 0
  for (const batch of batches)
    for (let at = 0; at < batch.length; at += RECORD, n++) {
      labels[n] = batch[at]!
      for (let p = 0; p < PLANE; p++)
        for (let c = 0; c < 3; c++) images[(n * PLANE + p) * 3 + c] = batch[at + 1 + c * PLANE + p]!
    }
  return cifar10Of(images, labels)
}

/** The dataset of pixels [N,32,32,3] and labels [N]. */
export function cifar10Of(images: Uint8Array, labels: Uint8Array | Uint16Array): ImageDataset {
  const classes = { labels, classes: NAMES.length, classNames: NAMES }
  return imageDataset({ images, height: 32, width: 32, channels: 3, ...classes })
}
