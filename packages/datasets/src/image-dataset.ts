import { checkInt, checkOptions, type ImageBatch, type OptionNames } from '@rectified-flow/core'
import type { ImageRows, ImageSource } from './image-source.js'
import { checkIndices } from './internal/check-indices.js'
import { imageTensors } from './internal/image-tensors.js'

/** The parts of a dataset. All stay on the host, as bytes; a batch becomes tensors when it is asked for. */
export interface ImageDatasetParts {
  /** Pixels 0..255, [N,H,W,C], last axis fastest. */
  images: Uint8Array
  height: number
  width: number
  channels: number
  /** Class of each image, [N]; needs `classes`. */
  labels?: Uint8Array | Uint16Array
  /** How many classes there are. */
  classes?: number
  /** Their names, in the order of their numbers. */
  classNames?: readonly string[]
}

const imageDatasetNames: OptionNames<ImageDatasetParts> = {
  images: 'required',
  height: 'required',
  width: 'required',
  channels: 'required',
  labels: 'optional',
  classes: 'optional',
  classNames: 'optional',
}

/** Images in memory, read by index: an `ImageSource` with `batch`, which needs no await. */
export interface ImageDataset
  extends ImageSource,
    Readonly<Omit<ImageDatasetParts, 'classes' | 'classNames'>> {
  /**
   * The images at these indices, in this order; an index may come twice.
   *
   * @returns  x [B,H,W,C] in [-1,1] (v/127.5 - 1) and, where there are labels, their one-hot rows [B,classes]
   */
  batch(indices: ArrayLike<number>): ImageBatch
}

/** A dataset of images in memory. It keeps the given arrays, without a copy, and never writes to them. */
export function imageDataset(parts: ImageDatasetParts): ImageDataset {
  const where = 'datasets.imageDataset'
  checkOptions(where, parts, imageDatasetNames, 'parts')
  const { images, height, width, channels, labels, classes, classNames } = parts
  checkInt(where, 'height', height, 1)
  checkInt(where, 'width', width, 1)
  checkInt(where, 'channels', channels, 1)
  const pixels = height * width * channels
  const count = images.length / pixels
  if (!Number.isInteger(count) || count === 0)
    throw new RangeError(
      `${where}: images must hold N x ${pixels} bytes, N >= 1, for shape [N,${height},${width},${channels}], got ${images.length}.`,
    )
  if (labels) checkLabels(where, labels, count, classes)
  if (classNames && classNames.length !== classes)
    throw new RangeError(
      `${where}: classNames must hold a name for each of ${classes ?? 0} classes, got ${classNames.length}.`,
    )

  const rows = (where: string, indices: ArrayLike<number>): ImageRows => {
    checkIndices(where, indices, count)
    const out = new Uint8Array(indices.length * pixels)
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i]! * pixels
      out.set(images.subarray(from, from + pixels), i * pixels)
    }
    return { images: out, ...(labels && { labels: Array.from(indices, index => labels[index]!) }) }
  }
  return {
    ...parts,
    count,
    read: async indices => rows('datasets.read', indices),
    batch: indices => imageTensors(parts, rows('datasets.batch', indices)),
    close: async () => {},
  }
}

function checkLabels(where: string, labels: ArrayLike<number>, count: number, classes = 0): void {
  checkInt(where, 'classes', classes, 1)
  if (labels.length !== count)
    throw new RangeError(
      `${where}: labels must hold one class for each of ${count} images, got ${labels.length}.`,
    )
  for (let i = 0; i < count; i++) checkInt(where, `labels[${i}]`, labels[i]!, 0, classes - 1)
}
