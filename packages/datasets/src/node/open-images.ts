import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkOneOf, checkOptions, checkText, describe, type OptionNames } from '@rectified-flow/core'
import type { ImageSource } from '../image-source.js'
import { checkImageOptions, type ImageFilesOptions, imageFiles, imageFilesNames } from './image-files.js'
import { findMnist, mnistPaths } from './internal/find-mnist.js'
import { folderNames, kindOf } from './internal/named-file.js'
import { prepareSource } from './internal/prepare-source.js'
import { readCifar10 } from './read-cifar10.js'
import { readMnist, readMnistFiles } from './read-mnist.js'
import { readNpzImages } from './read-npz-images.js'

const WHERE = 'datasets.openImages'

export interface OpenImagesOptions extends ImageFilesOptions {
  /** Which part to read of data that have two (MNIST, CIFAR-10). */
  split?: 'train' | 'test'
}

const openImagesNames: OptionNames<OpenImagesOptions> = {
  ...imageFilesNames,
  split: 'optional',
}

/** How to read data that go into memory as a whole. */
interface WholeOptions {
  split: 'train' | 'test'
  maxBytes?: number
}

/**
 * Open images of any of these kinds: a folder of image files (searched to any depth) or a zip of them, with classes from
 * `dataset.json` or from class folders; an `.npz` with `arr_0` [N,H,W,C] of bytes; the files of MNIST or of CIFAR-10.
 *
 * @throws RangeError if `path` has none of these. `read` later throws a RangeError that names the image for an image of
 *   another size, a damaged image, or a JPEG without `allowJpeg`.
 */
export async function openImages(path: string, options: OpenImagesOptions = {}): Promise<ImageSource> {
  checkOptions('datasets.openImages', options, openImagesNames)
  const { split = 'train', maxBytes } = options
  checkText(WHERE, 'path', path)
  checkOneOf(WHERE, 'split', split, ['train', 'test'])
  checkImageOptions(options)
  const found = await stat(path).catch(cause => {
    throw new RangeError(
      `${WHERE}: path must name a folder or a file, got ${describe(path)} (${cause.code}).`,
      { cause },
    )
  })
  if (!found.isDirectory() && !found.isFile())
    throw new RangeError(
      `${WHERE}: path must name a folder or a file, got ${kindOf(found)}, ${describe(path)}.`,
    )
  const limits = { split, ...(maxBytes !== undefined && { maxBytes }) }
  const whole = found.isDirectory() ? await openFolder(path, limits) : await openFile(path, limits)
  return whole ? prepareSource(WHERE, whole, options) : imageFiles(path, options)
}

/** The images of a folder with the files of MNIST or CIFAR-10, read into memory; null for any other folder. */
async function openFolder(path: string, options: WholeOptions): Promise<ImageSource | null> {
  const { split } = options
  if (await findMnist(WHERE, path, split)) return readMnist(path, options)
  const names = new Set(await folderNames(WHERE, 'path', path))
  for (const folder of ['cifar-10-batches-bin', 'cifar-10-batches-py'])
    if (names.has(folder)) return readCifar10(join(path, folder), options)
  const batch = split === 'train' ? 'data_batch_1' : 'test_batch'
  const rows = names.has(`${batch}.png`) && (names.has('train_lables.json') || names.has('test_lables.json'))
  return rows || names.has(`${batch}.bin`) || names.has(batch) ? readCifar10(path, options) : null
}

/** The images of a file that holds a whole dataset, read into memory; null for a zip of image files. */
async function openFile(path: string, { split, ...limit }: WholeOptions): Promise<ImageSource | null> {
  if (path.endsWith('.zip')) return null
  if (path.endsWith('.npz')) return readNpzImages(path, limit)
  if (/\.(tar\.gz|tgz|tar)$/.test(path)) return readCifar10(path, { split, ...limit })
  if (/idx3-ubyte(\.gz)?$/.test(basename(path))) return readMnistFiles(await mnistPaths(path), limit)
  throw new RangeError(
    `${WHERE}: path must be a folder, .zip, .npz, .tar.gz or idx3-ubyte file, got ${describe(path)}.`,
  )
}
