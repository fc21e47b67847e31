import { openPairStore } from '@rectified-flow/datasets/node'
import { featureStatistics, frechetDistance } from '@rectified-flow/eval-fid'
import { readFaceFeatures } from '@rectified-flow/eval-fid/node'
import {
  type SamplerOptions,
  sample,
  sampleTrajectory,
  straightness,
  TWO_STEP_GRID,
} from '@rectified-flow/reflow'
import type { UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { classesOf, countShown, testFaces } from './faces.js'
import type { JobOf, Progress } from './job.js'
import { evaluationNoise, fieldOf, pairsFolder, readModel, writeWhole } from './run-files.js'

/** The measurements of one model. */
export interface Measures {
  /** Fréchet distance (face features) to faces that the teacher has not seen, by number of network calls. */
  frechet: Record<number, number>
  /** Share of the samples that show the hair, glasses and mouth of their class, by number of network calls. */
  shown: Record<number, number>
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

async function meanStraightness(net: UNet, seed: number, classes: readonly number[]): Promise<number> {
  let total = 0
  for (const indices of batches(classes.length)) {
    const { field, labels } = fieldOf(
      net,
      indices.map(i => classes[i]!),
    )
    const each = tf.tidy(() => {
      const z = evaluationNoise(seed, indices[0]!, indices.length)
      return straightness(sampleTrajectory(field, z, { steps: STRAIGHTNESS_STEPS }).states)
    })
    for (const value of await each.data()) total += value
    tf.dispose([each, labels])
  }
  return total / classes.length
}

/** Measure one model on noise that is in no pair, and classes as frequent as in the data. */
export async function measure(job: JobOf<'measure'>, progress: Progress) {
  const { seed, model, file } = job
  const { samples, teacherSteps, testFaces: count, pairs: pairCount } = job.settings
  const features = await readFaceFeatures()
  const real = await featureStatistics(features, images(await testFaces(count)))
  const net = await readModel(job, model)
  const classes = await classesOf('test', samples)
  const total = samples * FEW_STEPS.length
  const frechet: Measures['frechet'] = {}
  const shown: Measures['shown'] = {}
  let done = 0
  progress(done, total)
  for (const options of FEW_STEPS) {
    let nfe = 0
    let right = 0
    async function* drawn() {
      for (const indices of batches(samples)) {
        const z = evaluationNoise(seed, indices[0]!, indices.length)
        const wanted = indices.map(i => classes[i]!)
        const { field, labels } = fieldOf(net, wanted)
        const end = sample(field, z, options)
        nfe = end.nfe
        right += await countShown(features, end.x as tf.Tensor4D, wanted)
        tf.dispose([z, labels])
        done += indices.length
        progress(done, total)
        yield end.x as tf.Tensor4D
      }
    }
    const moments = await featureStatistics(features, drawn())
    frechet[nfe] = frechetDistance(moments, real)
    shown[nfe] = right / samples
  }
  if (model === 'teacher') {
    // The pairs are the teacher's samples in many steps.
    const pairs = await openPairStore(pairsFolder(job))
    const ofPairs = await classesOf('train', pairCount)
    let right = 0
    async function* taught() {
      for (const indices of batches(pairCount)) {
        const { x, ...rest } = await pairs.batch(indices)
        tf.dispose(rest)
        right += await countShown(
          features,
          x,
          indices.map(i => ofPairs[i]!),
        )
        yield x
      }
    }
    frechet[teacherSteps] = frechetDistance(await featureStatistics(features, taught()), real)
    shown[teacherSteps] = right / pairCount
    await pairs.close()
  }
  const found: Measures = { frechet, shown, straightness: await meanStraightness(net, seed, classes.slice(0, samples / 8)) } // biome-ignore format: one line
  await writeWhole(file, JSON.stringify(found))
  for (const network of [net, features]) network.dispose()
}
