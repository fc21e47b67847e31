import { checkInt, checkOptions, type OptionNames, type Rng } from '@rectified-flow/core'
import { type FeatureSet, toFloat64 } from './feature-set.js'

export interface SlicedWassersteinOptions {
  /** Draws the directions. */
  rng: Rng
  projections?: number
}

const slicedWassersteinNames: OptionNames<SlicedWassersteinOptions> = {
  rng: 'required',
  projections: 'optional',
}

/**
 * Sliced 2-Wasserstein distance: project both sets onto random directions, take the squared 2-Wasserstein distance of the
 * projections (on a line it needs only sorting), average over the directions, and take the root. For few dimensions.
 *
 *   SW^2 = E over directions u of  integral over q in [0,1] of (quantile_q(a·u) - quantile_q(b·u))^2
 *
 * @param a  points [N,F]
 * @param b  points [M,F]
 * @see Bonneel et al., Sliced and Radon Wasserstein Barycenters of Measures (2015)
 */
export function slicedWasserstein(a: FeatureSet, b: FeatureSet, options: SlicedWassersteinOptions): number {
  const where = 'eval-fid.slicedWasserstein'
  checkOptions(where, options, slicedWassersteinNames)
  const { rng, projections = 128 } = options
  checkInt(where, 'projections', projections, 1)
  const { a: x, b: y } = toFloat64(where, { a, b }, 1)
  const features = a.shape[1]
  let total = 0
  for (let p = 0; p < projections; p++) {
    const direction = unit(rng.fork(p).normals(features))
    total += squaredDistance(projected(x, direction), projected(y, direction))
  }
  return Math.sqrt(total / projections)
}

function unit(direction: Float32Array): Float64Array {
  const length = Math.hypot(...direction)
  return Float64Array.from(direction, value => value / length)
}

/** The projections of the points onto a direction, sorted. */
function projected(points: Float64Array, direction: Float64Array): Float64Array {
  const features = direction.length
  return Float64Array.from({ length: points.length / features }, (_, i) => {
    let sum = 0
    for (let k = 0; k < features; k++) sum += points[i * features + k]! * direction[k]!
    return sum
  }).sort()
}

/** Squared 2-Wasserstein distance of two sorted samples on a line; both quantile functions are step functions. */
function squaredDistance(x: Float64Array, y: Float64Array): number {
  let [i, j, at, sum] = [0, 0, 0, 0]
  while (i < x.length && j < y.length) {
    const [endX, endY] = [(i + 1) / x.length, (j + 1) / y.length]
    const end = Math.min(endX, endY)
    sum += (end - at) * (x[i]! - y[j]!) ** 2
    at = end
    if (endX <= end) i++
    if (endY <= end) j++
  }
  return sum
}
