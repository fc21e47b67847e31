import {
  checkInt,
  checkOneOf,
  checkOptions,
  createRng,
  type Features,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { metrics as allMetrics, type MetricName, type MetricValues } from '../choices.js'
import type { Extractor, NetworkDescription } from '../extractor.js'
import { frechetDistance } from '../frechet-distance.js'
import type { ImageBatches } from '../image-batches.js'
import type { Kept, KeptName, Metric } from '../metric.js'
import type { Moments } from '../moments.js'
import { type Measurement, measureImages } from './measure-images.js'

/** The real images' side of a comparison, as the metrics need it: what `measureImages` keeps, or what `readReference` reads. */
export type Reference = Partial<Kept>

/** How a result was made, so that it can be made again. */
export interface EvaluationRecord extends NetworkDescription {
  images: number
  imageSize: [height: number, width: number, channels: number]
  /** The seed of the random subsets and splits. */
  seed: number
  /** The backend that ran the network. */
  backend: string
  versions: Record<string, string>
  /** Reasons why the numbers may be unreliable. */
  warnings: string[]
}

/**
 * The results of the chosen metrics, and how they were made. With validation images also `ratio`, the Fréchet distance divided by
 * that of the validation images: 1 if the images are as near to the reference as other real images are.
 */
export type Evaluation = Partial<MetricValues> & { ratio?: number; record: EvaluationRecord }

export interface CompareOptions {
  reference: Reference
  metrics?: readonly MetricName[]
  /** Real images that are not in the reference, best as many as are measured; `ratio` needs their moments. */
  validation?: Pick<Kept, 'moments'>
  seed?: number
  /** The function that computes Fréchet distances; `frechetDistanceInWorker` of `/node` keeps the event loop free. */
  distance?: (a: Moments, b: Moments) => number | Promise<number>
  /** Versions of the software that made the images, for the record. */
  versions?: Record<string, string>
}

const compareNames: OptionNames<CompareOptions> = {
  reference: 'required',
  metrics: 'optional',
  validation: 'optional',
  seed: 'optional',
  distance: 'optional',
  versions: 'optional',
}

export interface EvaluateOptions extends CompareOptions {
  /** Refuse fewer images than this, for example the 50,000 of a protocol. */
  atLeast?: number
  onProgress?: (images: number) => void
}

const evaluateNames: OptionNames<EvaluateOptions> = {
  ...compareNames,
  atLeast: 'optional',
  onProgress: 'optional',
}

/**
 * Measure images in one pass: all chosen metrics, and a record of how they were made. With `FidInception`, the Fréchet
 * distance is FID, the kernel distance KID, the spatial Fréchet distance sFID, and FID divided by the memorisation distance
 * MiFID. With other features they must not have these names.
 *
 * @param images  batches [B,H,W,C] of one size, in [-1,1]; each batch is disposed
 */
export async function evaluate(
  extractor: Features | Extractor,
  images: ImageBatches,
  options: EvaluateOptions,
): Promise<Evaluation> {
  checkOptions('eval-fid.evaluate', options, evaluateNames)
  const { atLeast = 2, onProgress, ...comparing } = options
  checkInt('eval-fid.evaluate', 'atLeast', atLeast, 1)
  checkInt('eval-fid.evaluate', 'seed', options.seed ?? 0, 0)
  const keep = chosen(options).map(([, { needs }]) => needs)
  const measured = await measureImages(extractor, images, { keep, ...(onProgress && { onProgress }) })
  if (measured.images < atLeast)
    throw new RangeError(
      `eval-fid.evaluate: images must hold at least ${atLeast} images, got ${measured.images}.`,
    )
  return evaluateMeasurement(measured, comparing)
}

/** The chosen metrics, in the order of the list. Throws if the reference lacks data that one of them needs. */
export function chosen({
  metrics: names = ['frechetDistance'],
  reference,
  validation,
}: Pick<CompareOptions, 'metrics' | 'reference' | 'validation'>): [string, Metric][] {
  const where = 'eval-fid.evaluate'
  const list: Readonly<Record<string, Metric>> = allMetrics
  for (const [i, name] of names.entries()) checkOneOf(where, `metrics[${i}]`, name, Object.keys(list))
  const found = Object.entries(list).filter(([name]) => names.includes(name as MetricName))
  for (const [name, { needs, compares }] of found)
    if (compares && !reference[needs])
      throw new RangeError(`${where}: reference.${needs} must be given for ${name}, got none.`)
  if (validation && !names.includes('frechetDistance'))
    throw new RangeError(
      `${where}: metrics must have frechetDistance for the ratio to validation, got ${names}.`,
    )
  return found
}

/** The second half of `evaluate`, for images that `measureImages` has measured, perhaps in parts on several machines. */
export async function evaluateMeasurement(
  measured: Measurement,
  options: CompareOptions,
): Promise<Evaluation> {
  checkOptions('eval-fid.evaluateMeasurement', options, compareNames)
  const { reference, validation, seed = 0, distance = frechetDistance, versions } = options
  const tools = { rng: createRng(seed), distance }
  const values: Record<string, unknown> & { frechetDistance?: number; ratio?: number } = {}
  for (const [name, metric] of chosen(options)) {
    const real = reference[metric.needs]!
    values[name] = await metric.measure(keptOf(measured, metric.needs), real, tools)
  }
  if (validation)
    values.ratio = values.frechetDistance! / (await distance(reference.moments!, validation.moments))
  return { record: recordOf(measured, seed, versions), ...values }
}

/** The kept data of a measurement, in the form that metrics take. */
function keptOf(measured: Measurement, name: KeptName): Kept[KeptName] {
  const kept = measured[name]
  if (!kept)
    throw new RangeError(`eval-fid.evaluate: measured.${name} must be given for these metrics, got none.`)
  return kept
}

function recordOf(
  measured: Measurement,
  seed: number,
  versions: Record<string, string> = {},
): EvaluationRecord {
  const { images, height, width, channels, description, moments } = measured
  const warnings: string[] = []
  if (images < 2048) warnings.push(`${images} images: distances are biased upwards below 2,048, and noisy.`)
  if (moments && images <= moments.dim)
    warnings.push(
      `${images} images: no more than the ${moments.dim} features, so their covariance is singular.`,
    )
  return {
    ...description,
    images,
    imageSize: [height, width, channels],
    seed,
    backend: tf.getBackend(),
    versions: { 'tfjs-core': tf.version_core, ...versions },
    warnings,
  }
}
