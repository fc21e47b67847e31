import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import type { Field } from '@rectified-flow/core'
import { featureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import {
  type SamplerOptions,
  sample,
  sampleTrajectory,
  straightness,
  TWO_STEP_GRID,
} from '@rectified-flow/reflow'
import { edmVelocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { pairsOf } from './pairs.js'
import type { RowName } from './rows.js'
import { evaluationNoise, measuresFile, progress, type Run, readDigits } from './run.js'
import { networkOf } from './train-row.js'

/** What is found of one row with one seed. */
export interface Measures {
  /** Fréchet distance (digit features) to MNIST's test images, by number of network calls. */
  frechet: Record<number, number>
  /** Mean over noises, on 8 steps. */
  straightness: number
}

const BATCH = 128
const STRAIGHTNESS_STEPS = 8

/** 0..count-1 in slices of BATCH. */
function* batches(count: number): Generator<number[]> {
  for (let first = 0; first < count; first += BATCH)
    yield Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => first + i)
}

/** Train a row, where it isn't yet, and measure it, on noise that no pair has. The teacher makes its pairs as well. */
export async function makeRow(row: RowName, run: Run): Promise<void> {
  const file = measuresFile(run, row)
  if (existsSync(file)) return
  const net = await networkOf(row, run)
  if (row === 'teacher') await (await pairsOf('teacher', net, run)).close()
  const { samples, pairSteps, paths } = run.settings
  const field = edmVelocity(net)
  const real = await realMoments(run.settings.testImages)
  const grids: SamplerOptions[] = [{ steps: 1 }, { times: TWO_STEP_GRID }]
  if (row === 'teacher') grids.push({ steps: pairSteps })
  const features = await readDigitFeatures()
  const show = progress(run, `measure ${row}`)
  const frechet: Measures['frechet'] = {}
  for (const [i, grid] of grids.entries()) {
    let nfe = 0
    async function* drawn() {
      for (const indices of batches(samples)) {
        const z = evaluationNoise(run.seed, indices[0]!, indices.length)
        const end = sample(field, z, grid)
        z.dispose()
        nfe = end.nfe
        show(i * samples + indices.at(-1)! + 1, grids.length * samples)
        yield end.x as tf.Tensor4D
      }
    }
    const moments = (await featureStatistics(features, drawn())).moments()
    frechet[nfe] = frechetDistance(moments, real)
  }
  const found: Measures = { frechet, straightness: await meanStraightness(field, run.seed, paths) }
  await mkdir(dirname(file), { recursive: true })
  await writeFileWhole(file, `${JSON.stringify(found)}\n`)
}

export async function readMeasures(row: RowName, run: Run): Promise<Measures | null> {
  const file = measuresFile(run, row)
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Measures) : null
}

let ofTestImages: Promise<Moments> | undefined

/** Moments of the features of test images: the same for every row and seed. */
function realMoments(count: number): Promise<Moments> {
  ofTestImages ??= (async () => {
    const digits = await readDigits('test')
    function* images() {
      for (const indices of batches(count)) {
        const { x, labels } = digits.batch(indices)
        labels?.dispose()
        yield x
      }
    }
    return (await featureStatistics(await readDigitFeatures(), images())).moments()
  })()
  return ofTestImages
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
