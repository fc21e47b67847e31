import { join } from 'node:path'
import { checkOptions, describe, type Pairs } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { checkIndices } from '../internal/check-indices.js'
import type { ClassLabels } from '../internal/class-labels.js'
import { pairTensors } from '../internal/pair-tensors.js'
import type { IndexedPairs, PairRows } from '../pair-source.js'
import { decodeImage } from './internal/decode-image.js'
import { nameIn } from './internal/file-list.js'
import { readLabelsCsv } from './internal/labels-csv.js'
import { readNamedFile, systemCode } from './internal/named-file.js'
import { ZipReader } from './zip-reader.js'

const WHERE = 'datasets.openReferencePairs'

/** Pairs in the three files that the code of 2-rectified flow++ uses, read by index. */
export interface ReferencePairs extends IndexedPairs<tf.Tensor4D> {
  readonly height: number
  readonly width: number
  readonly channels: number
  /** How many classes there are; absent if the pairs have no labels. */
  readonly classes?: number | undefined
  /** Images as bytes, labels, and the PCG64 states [B,32] of the noise: the rows that a store of 'pcg64' noise holds. */
  read(indices: ArrayLike<number>): Promise<PairRows & { images: Uint8Array; noise: Uint8Array }>
  /** x and z [B,H,W,C]; one-hot labels if there are any. The noise z is recomputed from its states, bit for bit. */
  batch(indices: ArrayLike<number>): Promise<Pairs<tf.Tensor4D>>
  close(): Promise<void>
}

/**
 * Open pairs as the reference stores them: `samples.zip` (NNNNN.png), `z.zip` (NNNNN.bin, 32 bytes of a PCG64 state each)
 * and `images_labels.csv` (name,class). Images are decoded when they are asked for.
 *
 * @param classes  how many classes there are; by default one more than the largest label
 * @see Lee, Lin, Fanti, arXiv 2405.20320, and its released code's README
 */
export async function openReferencePairs(
  directory: string,
  options: { classes?: number } = {},
): Promise<ReferencePairs> {
  checkOptions<{ classes?: number }>('datasets.openReferencePairs', options, { classes: 'optional' })
  const { classes: given } = options
  const [samples, noises] = await openBoth(directory)
  const close = async () => {
    await Promise.all([samples.close(), noises.close()])
  }
  try {
    const count = noises.count
    const sampleOf = places(samples, count)
    const noiseOf = places(noises, count)
    const found = await readLabels(join(directory, 'images_labels.csv'), count)
    const classes = given ?? found?.classes
    if (found && found.classes > classes!)
      throw new RangeError(
        `${WHERE}: classes must be at least ${found.classes}, as the labels in ${describe(directory)} need, got ${classes}.`,
      )
    const decode = async (index: number) => {
      const entry = sampleOf[index]!
      return decodeImage(WHERE, nameIn(samples, samples.name(entry)), await samples.read(entry))
    }
    const { height, width, channels } = await decode(0)
    const shape = [height, width, channels] as const
    const size = height * width * channels

    const read: ReferencePairs['read'] = async indices => {
      checkIndices('datasets.read', indices, count)
      const images = new Uint8Array(indices.length * size)
      const noise = new Uint8Array(indices.length * 32)
      const one = async (index: number, i: number) => {
        const image = await decode(index)
        const state = await noises.read(noiseOf[index]!)
        if (image.data.length !== size || state.length !== 32)
          throw new RangeError(
            `${WHERE}: pair ${index} must have an image [${shape}] and a state of 32 bytes, got [${image.height},${image.width},${image.channels}] and ${state.length}.`,
          )
        images.set(image.data, i * size)
        noise.set(state, i * 32)
      }
      await Promise.all(Array.from(indices, one))
      return {
        images,
        noise,
        ...(found && { labels: Array.from(indices, index => found.labels[index]!) }),
      }
    }
    return {
      count,
      height,
      width,
      channels,
      classes,
      read,
      async batch(indices) {
        const kind = {
          shape,
          noise: 'pcg64' as const,
          seed: 0,
          ...(found && classes !== undefined && { classes }),
        }
        return pairTensors(kind, indices, await read(indices))
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openBoth(directory: string): Promise<[ZipReader, ZipReader]> {
  const samples = await ZipReader.open(join(directory, 'samples.zip'))
  try {
    return [samples, await ZipReader.open(join(directory, 'z.zip'))]
  } catch (error) {
    await samples.close()
    throw error
  }
}

/** For each number in 0..count-1, the position of the zip entry that is named after it. Each number must have one. */
function places(zip: ZipReader, count: number): Int32Array {
  const entries = new Int32Array(count).fill(-1)
  for (let i = 0; i < zip.count; i++) {
    const number = zip.numberOf(i)
    if (number >= 0 && number < count) entries[number] = i
  }
  const lacking = entries.indexOf(-1)
  if (lacking >= 0 || zip.count !== count)
    throw new RangeError(
      `${WHERE}: ${describe(zip.path)} must have an entry for each of ${count} pairs, got ${zip.count}${lacking >= 0 ? `, none for pair ${lacking}` : ''}.`,
    )
  return entries
}

async function readLabels(path: string, count: number): Promise<ClassLabels | undefined> {
  const csv = await readNamedFile(WHERE, 'images_labels.csv', path).catch(error => {
    if (systemCode(error) !== 'ENOENT') throw error
    return undefined
  })
  return csv && readLabelsCsv(WHERE, path, csv.toString(), count)
}
