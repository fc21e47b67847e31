import { checkFinite } from '@rectified-flow/core'

/** How far below zero rounding may bring a pivot, in parts of the largest variance. */
const ROUNDING = 1e-6

/**
 * The lower triangular L [dim,dim] with L L' = C, in float64. C may be singular: a pivot that rounding explains is zero.
 *
 * @throws RangeError if C isn't [dim,dim], finite and positive semi-definite
 */
export function choleskyFactor(
  where: string,
  name: string,
  covariance: ArrayLike<number>,
  dim: number,
): Float64Array {
  if (covariance.length !== dim * dim)
    throw new RangeError(
      `${where}: ${name} must have ${dim * dim} numbers for ${dim} features, got ${covariance.length}.`,
    )
  const rest = Float64Array.from(covariance)
  checkFinite(where, name, rest)
  let largest = 0
  for (let i = 0; i < dim; i++) largest = Math.max(largest, rest[i * dim + i]!)
  const factor = new Float64Array(dim * dim)
  for (let k = 0; k < dim; k++) {
    const pivot = rest[k * dim + k]!
    if (pivot < -ROUNDING * largest)
      throw new RangeError(`${where}: ${name} must be positive semi-definite, got a pivot of ${pivot}.`)
    if (pivot <= ROUNDING * ROUNDING * largest) continue
    const root = Math.sqrt(pivot)
    for (let i = k; i < dim; i++) factor[i * dim + k] = rest[i * dim + k]! / root
    for (let i = k + 1; i < dim; i++)
      for (let j = k + 1; j <= i; j++) rest[i * dim + j]! -= factor[i * dim + k]! * factor[j * dim + k]!
  }
  return factor
}
