import { bytesToImages, type ImageBatch, oneHot } from '@rectified-flow/core'
import type { ImageRows } from '../image-source.js'

/** Rows of an image source as tensors. */
export function imageTensors(
  {
    height,
    width,
    channels,
    classes,
  }: { height: number; width: number; channels: number; classes?: number | undefined },
  { images, labels }: ImageRows,
): ImageBatch {
  return {
    x: bytesToImages(images, [height, width, channels]),
    ...(labels && classes !== undefined && { labels: oneHot(labels, classes) }),
  }
}
