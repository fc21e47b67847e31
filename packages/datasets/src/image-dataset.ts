import { checkInt } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** What a dataset is made of. Everything stays on the host, as bytes, until a batch is asked for. */
export interface ImageDatasetParts {
  /** Pixels 0..255, [N,H,W,C], last axis fastest. */
  images: Uint8Array
  height: number
  width: number
  channels: number
  /** Class of each image, [N]; goes with `classes`. */
  labels?: Uint8Array | Uint16Array
  /** How many classes there are. */
  classes?: number
}

/** Images in memory, read by index. */
export interface ImageDataset extends Readonly<ImageDatasetParts> {
  /** How many images there are (N). */
  readonly count: number
  /**
   * The images at these indices, in this order; an index may come twice.
   *
   * @returns  x [B,H,W,C] in [-1,1] (v/127.5 - 1) and, where there are labels, their one-hot rows [B,classes]
   */
  batch(indices: ArrayLike<number>): { x: tf.Tensor4D; labels?: tf.Tensor2D }
}

/** A dataset of images that are in memory. Keeps the arrays that it is given and never writes to them. */
export function imageDataset(parts: ImageDatasetParts): ImageDataset {
  const where = 'datasets.imageDataset'
  const { images, height, width, channels, labels, classes } = parts
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

  return {
    ...parts,
    count,
    batch(indices) {
      const n = indices.length
      if (n === 0) throw new RangeError('datasets.batch: indices must hold at least 1 index, got 0.')
      const x = new Float32Array(n * pixels)
      const hot = new Float32Array(labels ? n * (classes as number) : 0)
      for (let i = 0; i < n; i++) {
        const index = indices[i] as number
        checkInt('datasets.batch', `indices[${i}]`, index, 0, count - 1)
        const from = index * pixels
        for (let p = 0; p < pixels; p++) x[i * pixels + p] = (images[from + p] as number) / 127.5 - 1
        if (labels) hot[i * (classes as number) + (labels[index] as number)] = 1
      }
      return {
        x: tf.tensor4d(x, [n, height, width, channels]),
        ...(labels && { labels: tf.tensor2d(hot, [n, classes as number]) }),
      }
    },
  }
}

function checkLabels(where: string, labels: ArrayLike<number>, count: number, classes = 0): void {
  checkInt(where, 'classes', classes, 1)
  if (labels.length !== count)
    throw new RangeError(
      `${where}: labels must hold one class for each of ${count} images, got ${labels.length}.`,
    )
  for (let i = 0; i < count; i++) checkInt(where, `labels[${i}]`, labels[i] as number, 0, classes - 1)
}
