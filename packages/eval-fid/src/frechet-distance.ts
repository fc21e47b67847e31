import { checkFinite } from '@rectified-flow/core'
import type { FeatureSet } from './feature-set.js'
import { FeatureStatistics, type Moments } from './feature-statistics.js'
import { traceSqrtProduct } from './linalg/trace-sqrt-product.js'
import type { Metric } from './metric.js'

/**
 * Fréchet distance between two Gaussians. Only the distance between Inception features is called FID.
 *
 *   |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)
 *
 * Nothing is added to a singular covariance (fewer samples than features), because finding the trace needs no inverse. With
 * 2048 features this takes seconds; `frechetDistanceInWorker` of `/node` leaves the event loop free meanwhile.
 *
 * @see Dowson, Landau, The Fréchet Distance between Multivariate Normal Distributions (1982); Heusel et al.,
 *      arXiv 1706.08500, equation 6
 */
export function frechetDistance(a: Moments, b: Moments): number {
  const dim = checkMoments('eval-fid.frechetDistance', a, b)
  return distanceFromTrace(a, b, traceSqrtProduct(a.covariance, b.covariance, dim))
}

/** `frechetDistance` between sets of features, [N,F] and [M,F]. */
export function frechetDistanceOfSets(a: FeatureSet, b: FeatureSet): number {
  return frechetDistance(momentsOf(a), momentsOf(b))
}

function momentsOf({ data, shape }: FeatureSet): Moments {
  const statistics = new FeatureStatistics(shape[1])
  statistics.add(data)
  return statistics.moments()
}

/** The distance, given tr (S1 S2)^(1/2). */
export function distanceFromTrace(a: Moments, b: Moments, traceSqrt: number): number {
  const dim = a.mean.length
  let [apart, traces] = [0, 0]
  for (let i = 0; i < dim; i++) {
    apart += (a.mean[i]! - b.mean[i]!) ** 2
    traces += a.covariance[i * dim + i]! + b.covariance[i * dim + i]!
  }
  // Only rounding can make this part negative.
  return apart + Math.max(0, traces - 2 * traceSqrt)
}

/** Throw unless both are finite and have the same number of features. Returns that number. */
export function checkMoments(where: string, a: Moments, b: Moments): number {
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
  return dim
}

export const frechetDistanceMetric: Metric<'moments', number> = {
  help: 'Fréchet distance of the features',
  inceptionName: 'FID',
  title: 'Fréchet distance',
  needs: 'moments',
  compares: true,
  measure: (generated, real, { distance }) => distance(real, generated),
}

export const spatialFrechetDistanceMetric: Metric<'spatial', number> = {
  help: 'Fréchet distance of the spatial features',
  inceptionName: 'sFID',
  needs: 'spatial',
  compares: true,
  measure: (generated, real, { distance }) => distance(real, generated),
}
