import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { FeatureStatistics, featureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'
import { sampleTrajectory, straightness, TWO_STEP_GRID } from '@rectified-flow/reflow'
import type { UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { AttributeCounts, type AttributeMeasures } from './attributes.js'
import { batches } from './batches.js'
import { pairsOf } from './pairs.js'
import type { RowName } from './rows.js'
import { evaluationNoise, fieldOf, measuresFile, progress, type Run } from './run.js'
import { networkOf, stopsOf } from './train-row.js'

/** The measurements of one row with one seed. */
export interface Measures {
  /** Fréchet distance between features of samples and of test images, by number of network calls. */
  frechet: Record<number, number>
  /** The same after fewer steps of training, by their number. */
  curve: Record<number, Record<number, number>>
  /** Mean over samples, on paths of 8 steps. */
  straightness: number
  /** What the samples show, by number of network calls; of faces. */
  attributes?: Record<number, AttributeMeasures>
}

interface IndexedImages {
  batch(indices: number[]): { x: tf.Tensor4D } | Promise<{ x: tf.Tensor4D }>
}

const STRAIGHTNESS_STEPS = 8

/** Train a row unless it is trained, and measure it on noise that is in no pair. The teacher's row also makes its pairs. */
export async function makeRow(row: RowName, run: Run): Promise<void> {
  const file = measuresFile(run, row)
  if (existsSync(file)) return
  const { settings } = run
  const net = await networkOf(row, run)
  const curve: Measures['curve'] = {}
  if (row !== 'teacher')
    for (const step of stopsOf(row, run).slice(0, -1))
      curve[step] = (await measureSamples(await networkOf(row, run, step), run, `${row} at ${step}`)).frechet
  const { frechet, attributes } = await measureSamples(net, run, row)
  if (row === 'teacher') {
    // The pairs are the teacher's samples in many steps.
    const pairs = await pairsOf('teacher', net, run)
    const features = await run.miniature.features()
    const drawn = await featureStatistics(features, images(pairs, Math.min(settings.pairs, settings.samples)))
    frechet[settings.pairSteps] = frechetDistance(drawn, await realMoments(run))
    await pairs.close()
  }
  const bend = await meanStraightness(net, run)
  const found: Measures = { frechet, curve, straightness: bend, ...(attributes && { attributes }) }
  await mkdir(dirname(file), { recursive: true })
  await writeFileWhole(file, `${JSON.stringify(found)}\n`)
}

/** Samples in one and in two network calls, of the classes that the test images have. */
async function measureSamples(
  net: UNet,
  run: Run,
  title: string,
): Promise<Pick<Measures, 'frechet' | 'attributes'>> {
  const { settings } = run
  const { samples, testImages } = settings
  const features = await run.miniature.features()
  const test = await run.miniature.read('test', testImages)
  const calls = TWO_STEP_GRID.slice(1).map((_, i) => i + 1)
  const statistics = calls.map(() => new FeatureStatistics(features.dim))
  const attributes = 'attributes' in test ? calls.map(() => new AttributeCounts()) : undefined
  const show = progress(run, `measure ${title}`)
  for (const indices of batches(samples)) {
    const z = evaluationNoise(run, indices[0]!, indices.length)
    const classes = test.labels && indices.map(i => test.labels![i % test.count]!)
    const { field, labels } = fieldOf(net, classes)
    // The data that the first of two steps predicts are the sample of a single step.
    const { states, predictions } = sampleTrajectory(field, z, { times: TWO_STEP_GRID })
    tf.dispose([z, states, labels ?? []])
    for (const [i, prediction] of predictions.entries()) {
      const x = asPixels(prediction as tf.Tensor4D)
      prediction.dispose()
      if (attributes) await attributes[i]!.add(features, x, classes!)
      statistics[i]!.merge(await featureStatistics(features, [x]))
    }
    show(indices.at(-1)! + 1, samples)
  }
  const real = await realMoments(run)
  const frechet = Object.fromEntries(calls.map((nfe, i) => [nfe, frechetDistance(statistics[i]!, real)]))
  if (!attributes) return { frechet }
  const shown = await Promise.all(attributes.map(counts => counts.measures(settings.trueFaces)))
  return { frechet, attributes: Object.fromEntries(calls.map((nfe, i) => [nfe, shown[i]!])) }
}

/** The image that a file of 8 bits would have: values from -1 to 1 in 255 steps, as the real ones. */
function asPixels(x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.sub(tf.div(tf.round(tf.mul(tf.add(tf.clipByValue(x, -1, 1), 1), 127.5)), 127.5), 1))
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

const ofTestImages = new Map<string, Promise<Moments>>()

/** Moments of the features of test images: the same for every row and seed. */
function realMoments({ miniature, settings: { testImages } }: Run): Promise<Moments> {
  const measure = async () => {
    const test = await miniature.read('test', testImages)
    return featureStatistics(await miniature.features(), images(test, Math.min(testImages, test.count)))
  }
  const found = ofTestImages.get(miniature.name) ?? measure()
  ofTestImages.set(miniature.name, found)
  return found
}

async function meanStraightness(net: UNet, run: Run): Promise<number> {
  const { paths } = run.settings
  const { labels: known } = await run.miniature.read('test', paths)
  let total = 0
  for (const indices of batches(paths)) {
    const { field, labels } = fieldOf(net, known && indices.map(i => known[i]!))
    const each = tf.tidy(() => {
      const z = evaluationNoise(run, indices[0]!, indices.length)
      return straightness(sampleTrajectory(field, z, { steps: STRAIGHTNESS_STEPS }).states)
    })
    for (const value of await each.data()) total += value
    tf.dispose([each, labels ?? []])
  }
  return total / paths
}
