import { checkInt, createRng, type Features } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ImageBatches } from '../collect-features.js'
import type { Extractor, NetworkDescription } from '../extractor.js'
import type { FeatureSet } from '../feature-set.js'
import type { Moments } from '../feature-statistics.js'
import { frechetDistance } from '../frechet-distance.js'
import { inceptionScoreOfSplits } from '../inception-score.js'
import { kernelDistance } from '../kernel-distance.js'
import { type ManifoldMetrics, manifoldMetrics } from '../manifold-metrics.js'
import { memorisationDistance } from '../memorisation-distance.js'
import { type Estimate, subsetEstimate } from '../subset-estimate.js'
import { type Measurement, measureImages } from './measure-images.js'
import type { Metric } from './metrics.js'

/** What images are compared with: statistics of a file, or features of real images. */
export interface Reference {
  /** For `frechetDistance`: mean and covariance of the features. */
  moments?: Moments
  /** For `spatialFrechetDistance`. */
  spatial?: Moments
  /** For `kernelDistance`, `manifold` and `memorisationDistance`: features [N,F]. */
  samples?: FeatureSet
}

/** How a result was made, for whoever wants to make it again. */
export interface EvaluationRecord extends NetworkDescription {
  images: number
  imageSize: [height: number, width: number, channels: number]
  /** Of the subsets and splits. */
  seed: number
  /** Whose kernels ran the network. */
  backend: string
  versions: Record<string, string>
  /** What makes the numbers less than they seem. */
  warnings: string[]
}

export interface Evaluation {
  frechetDistance?: number
  spatialFrechetDistance?: number
  /** Over 100 subsets of 1,000, as papers report KID. */
  kernelDistance?: Estimate
  manifold?: ManifoldMetrics
  memorisationDistance?: number
  /** Over ten splits. */
  inceptionScore?: Estimate
  record: EvaluationRecord
}

export interface CompareOptions {
  reference: Reference
  metrics?: readonly Metric[]
  seed?: number
  /** How Fréchet distances are found: `frechetDistanceInWorker` of `/node` keeps the event loop free. */
  distance?: (a: Moments, b: Moments) => number | Promise<number>
  /** Goes into the record: the versions of whatever made the images. */
  versions?: Record<string, string>
}

export interface EvaluateOptions extends CompareOptions {
  /** Refuse fewer images than this: a protocol's number, e.g. 50,000. */
  atLeast?: number
  onProgress?: (images: number) => void
}

/**
 * Measure images in one pass: every metric, and a record of how. Over `FidInception` the Fréchet distance is FID, the
 * kernel distance KID, the spatial one sFID, and FID over the memorisation distance MiFID; over other features not.
 *
 * @param images  of one size, in [-1,1]; its batches are taken
 */
export async function evaluate(
  extractor: Features | Extractor,
  images: ImageBatches,
  { metrics = ['frechetDistance'], atLeast = 2, onProgress, ...options }: EvaluateOptions,
): Promise<Evaluation> {
  checkInt('eval-fid.evaluate', 'atLeast', atLeast, 1)
  checkInt('eval-fid.evaluate', 'seed', options.seed ?? 0, 0)
  checkReference(options.reference, metrics)
  const measured = await measureImages(extractor, images, { metrics, ...(onProgress && { onProgress }) })
  if (measured.images < atLeast)
    throw new RangeError(
      `eval-fid.evaluate: images must hold at least ${atLeast} images, got ${measured.images}.`,
    )
  return evaluateMeasurement(measured, { metrics, ...options })
}

function checkReference(reference: Reference, metrics: readonly Metric[]): void {
  const needed = {
    frechetDistance: 'moments',
    spatialFrechetDistance: 'spatial',
    kernelDistance: 'samples',
    manifold: 'samples',
    memorisationDistance: 'samples',
  } as const
  for (const [metric, part] of Object.entries(needed) as [Metric, keyof Reference][])
    if (metrics.includes(metric) && !reference[part])
      throw new RangeError(`eval-fid.evaluate: reference.${part} must be given for ${metric}, got none.`)
}

/** The second half of `evaluate`, for what was measured before: in parts, on several machines, with `measureImages`. */
export async function evaluateMeasurement(
  measured: Measurement,
  {
    metrics = ['frechetDistance'],
    reference,
    seed = 0,
    distance = frechetDistance,
    versions,
  }: CompareOptions,
): Promise<Evaluation> {
  checkReference(reference, metrics)
  const rng = createRng(seed)
  const wanted = new Set(metrics)
  const { samples, logits } = measured
  const real = reference.samples
  const evaluation: Evaluation = { record: recordOf(measured, seed, versions) }
  if (wanted.has('frechetDistance'))
    evaluation.frechetDistance = await distance(reference.moments!, measured.moments!.moments())
  if (wanted.has('spatialFrechetDistance'))
    evaluation.spatialFrechetDistance = await distance(reference.spatial!, measured.spatial!.moments())
  if (wanted.has('kernelDistance'))
    evaluation.kernelDistance = subsetEstimate([real!, samples!], kernelDistance, { rng: rng.fork('kernel') })
  if (wanted.has('manifold')) evaluation.manifold = manifoldMetrics(real!, samples!)
  if (wanted.has('memorisationDistance'))
    evaluation.memorisationDistance = memorisationDistance(real!, samples!)
  if (wanted.has('inceptionScore'))
    evaluation.inceptionScore = inceptionScoreOfSplits(logits!, { rng: rng.fork('splits') })
  return evaluation
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
