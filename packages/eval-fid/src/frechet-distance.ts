import { checkMoments, checkSemidefinite } from './check-moments.js'
import type { FeatureSet } from './feature-set.js'
import { FeatureStatistics } from './feature-statistics.js'
import { traceSqrtProduct } from './linalg/trace-sqrt-product.js'
import type { Metric } from './metric.js'
import type { Moments } from './moments.js'

/**
 * Fréchet distance between two Gaussians. Only the distance between Inception features is called FID.
 *
 *   |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)
 *
 * Nothing is added to a singular covariance (fewer samples than features), because finding the trace needs no inverse. A
 * matrix that is no covariance beyond rounding (not symmetric, or not positive semi-definite) is refused. With
 * 2048 features this takes seconds; `frechetDistanceInWorker` of `/node` leaves the event loop free meanwhile.
 *
 * @see Dowson, Landau, The Fréchet Distance between Multivariate Normal Distributions (1982); Heusel et al.,
 *      arXiv 1706.08500, equation 6
 */
export function frechetDistance(a: Moments, b: Moments): number {
  const where = 'eval-fid.frechetDistance'
  checkTwo(where, a, b)
  checkSemidefinite(where, 'a.covariance', a.covariance)
  checkSemidefinite(where, 'b.covariance', b.covariance)
  return distanceFromTrace(a, b, traceSqrtProduct(a.covariance, b.covariance, a.mean.length))
}

/** `frechetDistance` between sets of features, [N,F] and [M,F]. */
export function frechetDistanceOfSets(a: FeatureSet, b: FeatureSet): number {
  return frechetDistance(momentsOf(a), momentsOf(b))
}

function momentsOf({ data, shape }: FeatureSet): Moments {
  const statistics = new FeatureStatistics(shape[1])
  statistics.add(data)
  return statistics
}

/** The distance, given tr (S1 S2)^(1/2). */
export function distanceFromTrace(a: Moments, b: Moments, traceSqrt: number): number {
  const [means, covariances] = [[a.mean, b.mean] as const, [a.covariance, b.covariance] as const]
  const dim = means[0].length
  let [apart, traces] = [0, 0]
  for (let i = 0; i < dim; i++) {
    apart += (means[0][i]! - means[1][i]!) ** 2
    traces += covariances[0][i * dim + i]! + covariances[1][i * dim + i]!
  }
  // Only rounding can make this part negative.
  return apart + Math.max(0, traces - 2 * traceSqrt)
}

/** Throw unless both are moments of the same number of features; whether they are semi-definite is not looked at. */
export function checkTwo(where: string, a: Moments, b: Moments): void {
  if (b.mean.length !== a.mean.length)
    throw new RangeError(
      `${where}: b.mean must have ${a.mean.length} numbers as a.mean has, got ${b.mean.length}.`,
    )
  checkMoments(where, { mean: 'a.mean', covariance: 'a.covariance' }, a)
  checkMoments(where, { mean: 'b.mean', covariance: 'b.covariance' }, b)
}

export const frechetDistanceMetric: Metric<'moments', number> = {
  help: 'Fréchet distance of the features',
  paperNames: { Inception: 'FID' },
  title: 'Fréchet distance',
  needs: 'moments',
  compares: true,
  measure: (generated, real, { distance }) => distance(real, generated),
}

export const spatialFrechetDistanceMetric: Metric<'spatial', number> = {
  help: 'Fréchet distance of the spatial features',
  paperNames: { Inception: 'sFID' },
  needs: 'spatial',
  compares: true,
  measure: (generated, real, { distance }) => distance(real, generated),
}
