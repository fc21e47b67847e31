import { join } from 'node:path'
import { createRng, type Field, indexedNormal, oneHot } from '@rectified-flow/core'
import { edmVelocity, type UNet } from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'
import type { Miniature } from './miniatures.js'
import type { RowName } from './rows.js'
import type { Settings } from './settings.js'

/** One seed of a run. */
export interface Run {
  out: string
  seed: number
  miniature: Miniature
  settings: Settings
  log: (line: string) => void
}

/** The folder of a row or of a store of pairs, by its name, in the folder of a seed. */
export const folderOf = ({ out, seed }: Run, name: string) => join(out, `seed-${seed}`, name)
/** The weights of a row after so many steps; by default after all. */
export const modelFile = (run: Run, row: RowName, step?: number) =>
  join(folderOf(run, row), step === undefined ? 'model.safetensors' : `model-${step}.safetensors`)
export const measuresFile = (run: Run, row: RowName) => join(folderOf(run, row), 'measures.json')

/** Noise [count,H,W,C] of a seed's samples from `first` on, the same for every row. No pair has the same noise. */
export function evaluationNoise({ seed, miniature }: Run, first: number, count: number): tf.Tensor4D {
  const indices = Array.from({ length: count }, (_, i) => first + i)
  return indexedNormal(createRng(seed).fork('evaluation'), indices, miniature.shape)
}

/** The velocity of a network; of one with classes, for these classes. The caller disposes `labels`. */
export function fieldOf(net: UNet, classes?: readonly number[]): { field: Field; labels?: tf.Tensor2D } {
  if (net.config.labelDim === 0 || !classes) return { field: edmVelocity(net) }
  const labels = oneHot(classes, net.config.labelDim)
  return { field: edmVelocity(net, { classLabels: labels }), labels }
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
