import { join } from 'node:path'
import { writeNpy } from '@rectified-flow/checkpoints'
import { makeFolder, writeFileWhole } from '@rectified-flow/checkpoints/node'
import {
  checkInt,
  checkKind,
  checkOptions,
  checkText,
  describe,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { packTar, type TarEntry } from 'modern-tar'
import type { IndexedPairs } from '../pair-source.js'
import { openNamedFile, systemCode } from './internal/named-file.js'

const WHERE = 'datasets.writeWebDataset'
/** An archive ends with two blocks of zeros. */
const END_BYTES = 1024

export interface WebDatasetOptions {
  /** Pairs in a tar. */
  shardSize?: number
  /** How many pairs are read at once. */
  batch?: number
  onProgress?: (done: number, count: number) => void
}

const webDatasetNames: OptionNames<WebDatasetOptions> = {
  shardSize: 'optional',
  batch: 'optional',
  onProgress: 'optional',
}

/**
 * Write pairs as tars that the Python package webdataset reads: `pairs-000000000.tar`, named after its first pair, and so on. Pair i
 * is three files, numbers in float32:
 *
 *     000000123.x.npy    the image x [C,H,W] in [-1,1]; of other ranks than images, x as it is
 *     000000123.z.npy    the noise z of the same shape
 *     000000123.cls      the number of the class, if the pairs have labels
 *
 * Only `batch` pairs are in memory at a time. A tar gets its name when it is whole, and one that is there is not written again: a
 * killed process is started again with the same arguments. The same pairs give the same bytes.
 *
 * @param pairs  a store, reference pairs, a `PairSet`, or any object with `count` and `batch`
 * @returns      the paths of the tars
 * @throws RangeError if a tar that is there begins with another pair
 */
export async function writeWebDataset(
  directory: string,
  pairs: IndexedPairs,
  options: WebDatasetOptions = {},
): Promise<string[]> {
  checkOptions(WHERE, options, webDatasetNames)
  const { shardSize = 1024, batch = 64, onProgress } = options
  checkText(WHERE, 'directory', directory)
  checkKind(WHERE, 'pairs', pairs, 'pairs such as those of openPairStore', ['count', 'batch'])
  checkInt(WHERE, 'shardSize', shardSize, 1)
  checkInt(WHERE, 'batch', batch, 1)
  await makeFolder(directory)
  const paths: string[] = []
  for (let first = 0; first < pairs.count; first += shardSize) {
    const end = Math.min(first + shardSize, pairs.count)
    const path = join(directory, `pairs-${keyOf(first)}.tar`)
    paths.push(path)
    if (!(await isThere(path, pairs, first)))
      await writeFileWhole(path, async file => {
        for (let from = first; from < end; from += batch) {
          const to = Math.min(from + batch, end)
          const tar = await packPairs(pairs, from, to)
          await file.writeFile(to === end ? tar : tar.subarray(0, -END_BYTES))
          onProgress?.(to, pairs.count)
        }
      })
    onProgress?.(end, pairs.count)
  }
  return paths
}

/** Whether this tar is there. It is whole if it is, but it could hold other pairs: its first one is compared. */
async function isThere(path: string, pairs: IndexedPairs, first: number): Promise<boolean> {
  const file = await openNamedFile(WHERE, 'tar', path).catch((error: Error) => {
    if (systemCode(error) !== 'ENOENT') throw error
    return undefined
  })
  if (!file) return false
  try {
    const want = (await packPairs(pairs, first, first + 1)).subarray(0, -END_BYTES)
    const { buffer } = await file.read(Buffer.alloc(want.length), 0, want.length, 0)
    if (Buffer.compare(buffer, want) === 0) return true
    throw new RangeError(
      `${WHERE}: directory must hold tars of the same pairs or none, got other pairs in ${describe(path)}.`,
    )
  } finally {
    await file.close()
  }
}

/** A tar of the pairs from `first` to `end` - 1. */
async function packPairs(pairs: IndexedPairs, first: number, end: number): Promise<Uint8Array> {
  const indices = Array.from({ length: end - first }, (_, i) => first + i)
  const { x, z, labels } = await pairs.batch(indices)
  try {
    const [xs, zs] = [await npyOfEach(x), await npyOfEach(z)]
    const classes = labels && (await classesOf(labels))
    return await packTar(
      indices.flatMap((index, i) => [
        entry(index, 'x.npy', xs[i]!),
        entry(index, 'z.npy', zs[i]!),
        ...(classes ? [entry(index, 'cls', new TextEncoder().encode(String(classes[i])))] : []),
      ]),
    )
  } finally {
    tf.dispose([x, z, labels])
  }
}

function entry(index: number, ending: string, body: Uint8Array): TarEntry {
  // The bytes of a tar must not depend on when it was written.
  return { header: { name: `${keyOf(index)}.${ending}`, size: body.length, mtime: new Date(0) }, body }
}

const keyOf = (index: number) => String(index).padStart(9, '0')

/** The .npy files of a tensor's rows; images [B,H,W,C] become [C,H,W]. */
async function npyOfEach(tensor: tf.Tensor): Promise<Uint8Array[]> {
  const rows = tf.tidy(() => (tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tf.clone(tensor)))
  try {
    const data = (await rows.data()) as Float32Array
    const [count, ...shape] = rows.shape as [number, ...number[]]
    const size = data.length / count
    return Array.from({ length: count }, (_, i) =>
      writeNpy({ dtype: 'F32', shape, data: data.slice(i * size, (i + 1) * size) }),
    )
  } finally {
    rows.dispose()
  }
}

async function classesOf(labels: tf.Tensor): Promise<ArrayLike<number>> {
  const numbers = tf.tidy(() => tf.argMax(labels, 1))
  try {
    return await numbers.data()
  } finally {
    numbers.dispose()
  }
}
