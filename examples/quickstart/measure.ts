import type { Field } from '@rectified-flow/core'
import { openPairStore } from '@rectified-flow/datasets/node'
import { featureStatistics, frechetDistance } from '@rectified-flow/eval-fid'
import { readSmallDigitFeatures } from '@rectified-flow/eval-fid/node'
import {
  type SamplerOptions,
  sample,
  sampleTrajectory,
  straightness,
  TWO_STEP_GRID,
} from '@rectified-flow/reflow'
import { edmVelocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import type { JobOf, Progress } from './job.js'
import { readDigits } from './mnist.js'
import { evaluationNoise, pairsFolder, readModel, writeWhole } from './run-files.js'

/** The measurements of one model. */
export interface Measures {
  /** Fréchet distance (digit features) to MNIST's test images, by number of network calls. */
  frechet: Record<number, number>
  /** Mean over samples, on paths of 8 steps. */
  straightness: number
}

const BATCH = 128
const STRAIGHTNESS_STEPS = 8
const FEW_STEPS: SamplerOptions[] = [{ steps: 1 }, { times: TWO_STEP_GRID }]

/** 0..count-1 in slices of BATCH. */
function* batches(count: number): Generator<number[]> {
  for (let first = 0; first < count; first += BATCH)
    yield Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => first + i)
}

interface Indexed {
  count: number
  batch(indices: number[]): { x: tf.Tensor4D } | Promise<{ x: tf.Tensor4D }>
}

async function* images(set: Indexed) {
  for (const indices of batches(set.count)) {
    const { x, ...rest } = await set.batch(indices)
    tf.dispose(rest)
    yield x
  }
}

async function meanStraightness(field: Field, seed: number, count: number): Promise<number> {
  let total = 0
  for (const indices of batches(count)) {
    const each = tf.tidy(() => {
      const z = evaluationNoise(seed, indices[0]!, indices.length)
      return straightness(sampleTrajectory(field, z, { steps: STRAIGHTNESS_STEPS }).states)
    })
    for (const value of await each.data()) total += value
    each.dispose()
  }
  return total / count
}

/** Measure Fréchet distances and straightness of one model, on noise that is in no pair. */
export async function measure(job: JobOf<'measure'>, progress: Progress) {
  const { seed, model, file } = job
  const { samples, teacherSteps } = job.settings
  const features = await readSmallDigitFeatures()
  const real = await featureStatistics(features, images(await readDigits('test')))
  const field = edmVelocity(await readModel(job, model))
  const total = samples * FEW_STEPS.length
  const frechet: Measures['frechet'] = {}
  let done = 0
  progress(done, total)
  for (const options of FEW_STEPS) {
    let nfe = 0
    async function* drawn() {
      for (const indices of batches(samples)) {
        const z = evaluationNoise(seed, indices[0]!, indices.length)
        const end = sample(field, z, options)
        nfe = end.nfe
        z.dispose()
        done += indices.length
        progress(done, total)
        yield end.x
      }
    }
    const moments = await featureStatistics(features, drawn())
    frechet[nfe] = frechetDistance(moments, real)
  }
  if (model === 'teacher') {
    // The pairs are the teacher's samples in many steps.
    const pairs = await openPairStore(pairsFolder(job))
    frechet[teacherSteps] = frechetDistance(await featureStatistics(features, images(pairs)), real)
  }
  const found: Measures = { frechet, straightness: await meanStraightness(field, seed, samples / 8) }
  await writeWhole(file, JSON.stringify(found))
}
