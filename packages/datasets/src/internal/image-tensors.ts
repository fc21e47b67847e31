import * as tf from '@tensorflow/tfjs-core'
import type { ImageBatch, ImageRows } from '../image-source.js'

/** Rows of a source as tensors. */
export function imageTensors(
  {
    height,
    width,
    channels,
    classes,
  }: { height: number; width: number; channels: number; classes?: number | undefined },
  { images, labels }: ImageRows,
): ImageBatch {
  const count = images.length / (height * width * channels)
  return {
    x: tf.tensor4d(toSigned(images), [count, height, width, channels]),
    ...(labels && classes !== undefined && { labels: oneHot(labels, classes) }),
  }
}

/** Bytes 0..255 to [-1,1]: v / 127.5 - 1. */
export function toSigned(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length)
  for (let i = 0; i < values.length; i++) values[i] = (bytes[i] as number) / 127.5 - 1
  return values
}

/** One-hot rows [B,classes]. */
export function oneHot(labels: ArrayLike<number>, classes: number): tf.Tensor2D {
  const rows = new Float32Array(labels.length * classes)
  for (let i = 0; i < labels.length; i++) rows[i * classes + (labels[i] as number)] = 1
  return tf.tensor2d(rows, [labels.length, classes])
}
