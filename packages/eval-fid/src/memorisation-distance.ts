import { checkNumber, checkOptions } from '@rectified-flow/core'
import { type FeatureSet, toFloat64 } from './feature-set.js'
import { squaredNorms, visitInnerProducts } from './linalg/inner-products.js'
import type { Metric } from './metric.js'

/**
 * How far generated samples are from the training samples: for each generated sample the smallest 1 - |cos| to a training
 * sample, averaged over the generated samples; 1 if the average is at least `threshold`. MiFID is FID divided by this
 * distance between Inception features.
 *
 * @param training, generated  features [N,F] and [M,F]
 * @see Bai et al., On Training Sample Memorization: Lessons from Benchmarking Generative Modeling, arXiv 2106.03062
 */
export function memorisationDistance(
  training: FeatureSet,
  generated: FeatureSet,
  options: { threshold?: number } = {},
): number {
  const where = 'eval-fid.memorisationDistance'
  checkOptions<{ threshold?: number }>(where, options, { threshold: 'optional' })
  const { threshold = 0.1 } = options
  checkNumber(where, 'threshold', threshold, 0, 1)
  const sets = toFloat64(where, { training, generated }, 1)
  const features = training.shape[1]
  const [a, b] = [squaredNorms(sets.training, features), squaredNorms(sets.generated, features)]
  const least = new Float64Array(b.length).fill(1)
  visitInnerProducts(sets.training, sets.generated, features, (i, j, product) => {
    const length = Math.sqrt(a[i]! * b[j]!)
    if (length > 0) least[j] = Math.min(least[j]!, Math.max(0, 1 - Math.abs(product) / length))
  })
  const mean = least.reduce((sum, distance) => sum + distance, 0) / least.length
  return mean < threshold ? mean : 1
}

export const memorisationDistanceMetric: Metric<'samples', number> = {
  help: 'how far the images keep from the reference, which has to be the training set',
  needs: 'samples',
  compares: true,
  onRequest: true,
  measure: (generated, real) => memorisationDistance(real, generated),
}
