import { type FeatureSet, toFloat64 } from './feature-set.js'
import { visitInnerProducts } from './linalg/inner-products.js'
import type { Metric } from './metric.js'
import { type Estimate, subsetEstimate } from './subset-estimate.js'

/**
 * Squared maximum mean discrepancy with the kernel (x·y/F + 1)^3, unbiased, over all pairs. For Inception features it is
 * the KID of the full sets. It may be slightly negative if the distributions are equal. The KID that papers report is the
 * mean over 100 subsets of 1,000: `subsetEstimate([a, b], kernelDistance, { rng })`.
 *
 * @param a  features [N,F], N >= 2
 * @param b  features [M,F], M >= 2
 * @see Binkowski et al., Demystifying MMD GANs, arXiv 1801.01401, section 4
 */
export function kernelDistance(a: FeatureSet, b: FeatureSet): number {
  const { a: x, b: y } = toFloat64('eval-fid.kernelDistance', { a, b }, 2)
  const features = a.shape[1]
  let across = 0
  visitInnerProducts(x, y, features, (_i, _j, product) => {
    across += kernel(product, features)
  })
  return meanOfPairs(x, features) + meanOfPairs(y, features) - (2 * across) / (a.shape[0] * b.shape[0])
}

/** Mean of the kernel over all pairs of different samples. */
function meanOfPairs(x: Float64Array, features: number): number {
  const n = x.length / features
  let sum = 0
  visitInnerProducts(x, x, features, (i, j, product) => {
    if (i < j) sum += kernel(product, features)
  })
  return (2 * sum) / (n * (n - 1))
}

function kernel(product: number, features: number): number {
  const base = product / features + 1
  return base * base * base // ten times as fast as a power
}

export const kernelDistanceMetric: Metric<'samples', Estimate> = {
  help: 'kernel distance over 100 subsets of 1,000, as papers report KID',
  paperNames: { Inception: 'KID' },
  needs: 'samples',
  compares: true,
  measure: (generated, real, { rng }) =>
    subsetEstimate([real, generated], kernelDistance, { rng: rng.fork('kernel') }),
}
