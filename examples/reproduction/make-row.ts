import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import type { Field } from '@rectified-flow/core'
import { FeatureStatistics, featureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import { sampleTrajectory, straightness, TWO_STEP_GRID } from '@rectified-flow/reflow'
import { edmVelocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { pairsOf } from './pairs.js'
import type { RowName } from './rows.js'
import { evaluationNoise, measuresFile, progress, type Run, readDigits } from './run.js'
import { networkOf } from './train-row.js'

/** The measurements of one row with one seed. */
export interface Measures {
  /** Fréchet distance (digit features) to MNIST's test images, by number of network calls. */
  frechet: Record<number, number>
  /** Mean over samples, on paths of 8 steps. */
  straightness: number
}

interface IndexedImages {
  batch(indices: number[]): { x: tf.Tensor4D } | Promise<{ x: tf.Tensor4D }>
}

const BATCH = 128
const STRAIGHTNESS_STEPS = 8

/** 0..count-1 in slices of BATCH. */
function* batches(count: number): Generator<number[]> {
  for (let first = 0; first < count; first += BATCH)
    yield Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => first + i)
}

/** Train a row unless it is trained, and measure it on noise that is in no pair. The teacher's row also makes its pairs. */
export async function makeRow(row: RowName, run: Run): Promise<void> {
  const file = measuresFile(run, row)
  if (existsSync(file)) return
  const { settings, seed } = run
  const net = await networkOf(row, run)
  const frechet = await fewStepDistances(row, edmVelocity(net), run)
  if (row === 'teacher') {
    // The pairs are the teacher's samples in many steps.
    const pairs = await pairsOf('teacher', net, run)
    const real = await realMoments(settings.testImages)
    frechet[settings.pairSteps] = frechetDistance(await momentsOf(images(pairs, settings.pairs)), real)
    await pairs.close()
  }
  const bend = await meanStraightness(edmVelocity(net), seed, settings.paths)
  await mkdir(dirname(file), { recursive: true })
  await writeFileWhole(file, `${JSON.stringify({ frechet, straightness: bend } satisfies Measures)}\n`)
}

/** Fréchet distances at one and two network calls. */
async function fewStepDistances(row: RowName, field: Field, run: Run): Promise<Measures['frechet']> {
  const { samples } = run.settings
  const features = await readDigitFeatures()
  const byCalls = TWO_STEP_GRID.slice(1).map(() => new FeatureStatistics(features.dim))
  const show = progress(run, `measure ${row}`)
  for (const indices of batches(samples)) {
    const z = evaluationNoise(run.seed, indices[0]!, indices.length)
    // The data that the first of two steps predicts are the sample of a single step.
    const { states, predictions } = sampleTrajectory(field, z, { times: TWO_STEP_GRID })
    tf.dispose([z, ...states])
    for (const [i, x] of predictions.entries()) byCalls[i]!.merge(await featureStatistics(features, [x]))
    show(indices.at(-1)! + 1, samples)
  }
  const real = await realMoments(run.settings.testImages)
  return Object.fromEntries(byCalls.map((found, i) => [i + 1, frechetDistance(found, real)]))
}

export async function readMeasures(row: RowName, run: Run): Promise<Measures | null> {
  const file = measuresFile(run, row)
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Measures) : null
}

async function* images(set: IndexedImages, count: number) {
  for (const indices of batches(count)) {
    const { x, ...rest } = await set.batch(indices)
    tf.dispose(rest)
    yield x
  }
}

let ofTestImages: Promise<Moments> | undefined

/** Moments of the features of test images: the same for every row and seed. */
function realMoments(count: number): Promise<Moments> {
  ofTestImages ??= readDigits('test').then(digits => momentsOf(images(digits, count)))
  return ofTestImages
}

async function momentsOf(images: AsyncIterable<tf.Tensor4D>): Promise<Moments> {
  return await featureStatistics(await readDigitFeatures(), images)
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
