import { checkFinite } from '@rectified-flow/core'
import { linalgModule } from './linalg/kernels.js'
import { runSemidefinite } from './linalg/semidefinite.js'
import type { Moments } from './moments.js'

/**
 * How far a covariance may be from a true one, in parts of its largest number. Sums in float32 are off by about 1e-6 in each
 * number, which moves the eigenvalues of 2048 features by 1e-4.
 */
const ROUNDING = 1e-3

/** The names of the numbers in an error message. */
export interface MomentNames {
  mean: string
  covariance: string
}

/** Throw unless the numbers are finite, and the covariance has the size of the mean, is symmetric and has no variance < 0. */
export function checkMoments(where: string, names: MomentNames, { mean, covariance }: Moments): void {
  const dim = mean.length
  if (covariance.length !== dim * dim)
    throw new RangeError(
      `${where}: ${names.covariance} must have ${dim * dim} numbers for ${dim} features, got ${covariance.length}.`,
    )
  checkFinite(where, names.mean, mean)
  checkFinite(where, names.covariance, covariance)
  const slack = slackOf(covariance)
  for (let i = 0; i < dim; i++) {
    const variance = covariance[i * dim + i]!
    if (variance < -slack)
      throw new RangeError(
        `${where}: ${names.covariance} must have variances >= 0, got ${variance} at [${i},${i}].`,
      )
    for (let j = 0; j < i; j++) {
      const [below, above] = [covariance[i * dim + j]!, covariance[j * dim + i]!]
      if (Math.abs(below - above) > slack)
        throw new RangeError(
          `${where}: ${names.covariance} must be symmetric, got ${above} at [${j},${i}] and ${below} at [${i},${j}].`,
        )
    }
  }
}

/** Throw unless the covariance is positive semi-definite. With 2048 features this takes 0.3 s. */
export function checkSemidefinite(where: string, name: string, covariance: Float64Array): void {
  const slack = slackOf(covariance)
  if (!runSemidefinite(linalgModule(), covariance, slack)) throw notSemidefinite(where, name, slack)
}

export function notSemidefinite(where: string, name: string, slack: number): RangeError {
  return new RangeError(
    `${where}: ${name} must be positive semi-definite, got an eigenvalue below ${-slack}. It is no covariance.`,
  )
}

/** The size of a difference that rounding explains. */
export function slackOf(covariance: Float64Array): number {
  return ROUNDING * covariance.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
}
