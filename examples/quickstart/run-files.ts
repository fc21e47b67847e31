import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { createRng, type Field, indexedNormal, oneHot } from '@rectified-flow/core'
import { createPairStore, FACE_CLASSES, type PairStore } from '@rectified-flow/datasets/node'
import { edmVelocity, loadUNet, type UNet } from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'
import type { ModelName, Run } from './job.js'
import type { Settings } from './settings.js'

/** Shape of a face, [H,W,C]. */
export const SHAPE = [16, 16, 3] as const

/** The folder in which a run keeps the files of its seed. */
export const seedFolder = ({ out, seed }: Run) => join(out, `seed-${seed}`)
export const pairsFolder = (run: Run) => join(seedFolder(run), 'pairs')
export const modelFolder = (run: Run, model: ModelName) => join(seedFolder(run), model)
export const modelFile = (run: Run, model: ModelName) =>
  model === 'teacher' ? run.teacher : join(modelFolder(run, model), 'model.safetensors')

/** The store of this run's pairs; it may lack some that are still to be made. */
export function pairStore(run: Run): Promise<PairStore> {
  const { pairs, shard, teacher, teacherSteps } = run.settings
  return createPairStore(pairsFolder(run), {
    count: pairs,
    shardSize: shard,
    seed: run.seed,
    shape: SHAPE,
    classes: FACE_CLASSES.length,
    origin: { teacher, teacherSteps },
  })
}

/** The network of a model of this run. */
export async function readModel(run: Run, model: ModelName): Promise<UNet> {
  const path = modelFile(run, model)
  try {
    return loadUNet(await readFile(path))
  } catch (cause) {
    throw new Error(`quickstart: can't read ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Write a file, whole or not at all. Makes its folder if it is missing. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFileWhole(path, content)
}

/** Noise [count,16,16,3] of the evaluation's samples from `first` on. No pair has the same noise. */
export function evaluationNoise(seed: number, first: number, count: number): tf.Tensor4D {
  const indices = Array.from({ length: count }, (_, i) => first + i)
  return indexedNormal(createRng(seed).fork('evaluation'), indices, SHAPE)
}

/** The velocity of a network for these classes. The caller disposes `labels`. */
export function fieldOf(net: UNet, classes: readonly number[]): { field: Field; labels: tf.Tensor2D } {
  const labels = oneHot(classes, FACE_CLASSES.length)
  return { field: edmVelocity(net, { classLabels: labels }), labels }
}

/** Make the run folder. Whether it exists with the same settings, so that the run goes on; with other settings, throw. */
export async function claim(out: string, settings: Settings): Promise<boolean> {
  const file = join(out, 'settings.json')
  const text = `${JSON.stringify(settings, null, 2)}\n`
  const isThere = existsSync(file)
  try {
    await mkdir(out, { recursive: true })
    if (!isThere) await writeWhole(file, text)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(`quickstart: --out must be a folder that can be written to, got ${out} (${code}).`, {
      cause,
    })
  }
  if ((await readFile(file, 'utf8')) !== text)
    throw new Error(
      `quickstart: --out must be a new folder or hold a run with these settings, got ${out}, which holds another run. Delete it, or name another.`,
    )
  return isThere
}
