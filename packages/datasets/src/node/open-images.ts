import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageSource } from '../image-source.js'
import { mnist } from '../mnist.js'
import { type ImageFilesOptions, imageFiles } from './image-files.js'
import { prepareSource } from './internal/prepare-source.js'
import { readCifar10 } from './read-cifar10.js'
import { readMnist } from './read-mnist.js'
import { readNpzImages } from './read-npz-images.js'

export interface OpenImagesOptions extends ImageFilesOptions {
  /** Which part to read of data that have two (MNIST, CIFAR-10). */
  split?: 'train' | 'test'
}

/**
 * Open images of any of these kinds: a folder of image files (searched to any depth) or a zip of them, with classes from
 * `dataset.json` or from class folders; an `.npz` with `arr_0` [N,H,W,C] of bytes; the files of MNIST or of CIFAR-10.
 *
 * @throws RangeError if `path` has none of these. `read` later throws a RangeError that names the image for an image of
 *   another size, a damaged image, or a JPEG without `allowJpeg`.
 */
export async function openImages(
  path: string,
  { split = 'train', ...options }: OpenImagesOptions = {},
): Promise<ImageSource> {
  const where = 'datasets.openImages'
  const info = await stat(path).catch(cause => {
    throw new RangeError(`${where}: path must name a folder or a file, got '${path}' (${cause.code}).`, {
      cause,
    })
  })
  const whole = info.isDirectory() ? await openFolder(path, split) : await openFile(path, split)
  return whole ? prepareSource(where, whole, options) : imageFiles(path, options)
}

/** The images of a folder with the files of MNIST or CIFAR-10, read into memory; null for any other folder. */
async function openFolder(path: string, split: 'train' | 'test'): Promise<ImageSource | null> {
  const names = new Set(await readdir(path))
  const has = (...list: string[]) => list.some(name => names.has(name))
  const images = `${split === 'train' ? 'train' : 't10k'}-images-idx3-ubyte`
  if (has(images, `${images}.gz`)) return readMnist(path, { split })
  if (has('cifar-10-batches-bin')) return readCifar10(join(path, 'cifar-10-batches-bin'), { split })
  const batch = split === 'train' ? 'data_batch_1' : 'test_batch'
  const rows = has(`${batch}.png`) && has('train_lables.json', 'test_lables.json')
  return rows || has(`${batch}.bin`) ? readCifar10(path, { split }) : null
}

/** The images of a file that holds a whole dataset, read into memory; null for a zip of image files. */
async function openFile(path: string, split: 'train' | 'test'): Promise<ImageSource | null> {
  if (path.endsWith('.zip')) return null
  if (path.endsWith('.npz')) return readNpzImages(path)
  if (/\.(tar\.gz|tgz|tar)$/.test(path)) return readCifar10(path, { split })
  if (/idx3-ubyte(\.gz)?$/.test(path)) return mnist({ images: await readFile(path) })
  throw new RangeError(
    `datasets.openImages: path must be a folder, .zip, .npz, .tar.gz or idx3-ubyte file, got '${path}'.`,
  )
}
