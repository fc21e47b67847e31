import { checkFinite } from '@rectified-flow/core'
import type { Moments } from './feature-statistics.js'
import { traceSqrtProduct } from './linalg/trace-sqrt-product.js'

/**
 * Fréchet distance between two Gaussians. Over the Inception features it is called FID; over others it is not.
 *
 *   |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)
 *
 * Nothing is added to a singular covariance (fewer samples than features): the trace is found without inverting.
 *
 * @see Dowson, Landau, The Fréchet Distance between Multivariate Normal Distributions (1982); Heusel et al.,
 *      arXiv 1706.08500, equation 6
 */
export function frechetDistance(a: Moments, b: Moments): number {
  const where = 'eval-fid.frechetDistance'
  const dim = a.mean.length
  if (b.mean.length !== dim)
    throw new RangeError(`${where}: b.mean must have ${dim} numbers as a.mean has, got ${b.mean.length}.`)
  for (const [name, { mean, covariance }] of Object.entries({ a, b })) {
    if (covariance.length !== dim * dim)
      throw new RangeError(
        `${where}: ${name}.covariance must have ${dim * dim} numbers for ${dim} features, got ${covariance.length}.`,
      )
    checkFinite(where, `${name}.mean`, mean)
    checkFinite(where, `${name}.covariance`, covariance)
  }
  let [apart, traces] = [0, 0]
  for (let i = 0; i < dim; i++) {
    apart += (a.mean[i]! - b.mean[i]!) ** 2
    traces += a.covariance[i * dim + i]! + b.covariance[i * dim + i]!
  }
  // Never negative but by rounding.
  return apart + Math.max(0, traces - 2 * traceSqrtProduct(a.covariance, b.covariance, dim))
}
