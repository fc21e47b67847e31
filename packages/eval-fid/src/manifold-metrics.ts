import { checkInt, checkOptions, type OptionNames } from '@rectified-flow/core'
import { type FeatureSet, toFloat64 } from './feature-set.js'
import { squaredNorms, visitInnerProducts } from './linalg/inner-products.js'
import type { Metric } from './metric.js'

export interface ManifoldOptions {
  /** Which nearest neighbour in its own set the ball of a sample reaches to (k). */
  neighbours?: number
}

const manifoldNames: OptionNames<ManifoldOptions> = {
  neighbours: 'optional',
}

export interface ManifoldMetrics {
  /** Share of generated samples that lie in the ball of a real sample. */
  precision: number
  /** Share of real samples that lie in the ball of a generated sample. */
  recall: number
  /** Mean number of real samples' balls that a generated sample lies in, divided by `neighbours`; may exceed 1. */
  density: number
  /** Share of real samples whose ball holds a generated sample. */
  coverage: number
}

/**
 * Fidelity and diversity of generated samples. Around each sample is a ball that reaches to its k-th nearest neighbour.
 *
 * A sample is in a ball if it is nearer than the radius (<), as in prdc, the code of Naeem et al., whose numbers papers report;
 * equation 2 of Kynkäänniemi et al. has <=. The two differ where distances are equal: samples that are all the same point have
 * balls of radius 0, and all four numbers are 0, even for a set against itself.
 *
 * @param real, generated  features [N,F] and [M,F], each with more than `neighbours` samples
 * @see Kynkäänniemi et al., Improved Precision and Recall Metric, arXiv 1904.06991, equations 1 and 2; Naeem et al.,
 *      Reliable Fidelity and Diversity Metrics, arXiv 2002.09797, equations 4 and 5
 */
export function manifoldMetrics(
  real: FeatureSet,
  generated: FeatureSet,
  options: ManifoldOptions = {},
): ManifoldMetrics {
  const where = 'eval-fid.manifoldMetrics'
  checkOptions(where, options, manifoldNames)
  const { neighbours = 3 } = options
  checkInt(where, 'neighbours', neighbours, 1)
  const sets = toFloat64(where, { real, generated }, neighbours + 1)
  const [n, features] = real.shape
  const m = generated.shape[0]
  const norms = {
    real: squaredNorms(sets.real, features),
    generated: squaredNorms(sets.generated, features),
  }
  const radius = {
    real: radii(sets.real, norms.real, features, neighbours),
    generated: radii(sets.generated, norms.generated, features, neighbours),
  }
  const realInBall = new Uint8Array(n)
  const covered = new Uint8Array(n)
  const inBalls = new Float64Array(m) // for each generated sample, the number of real balls it lies in
  visitInnerProducts(sets.real, sets.generated, features, (i, j, product) => {
    const distance = norms.real[i]! + norms.generated[j]! - 2 * product
    if (distance < radius.real[i]!) {
      inBalls[j]!++
      covered[i] = 1
    }
    if (distance < radius.generated[j]!) realInBall[i] = 1
  })
  const precise = inBalls.reduce((sum, balls) => sum + (balls > 0 ? 1 : 0), 0)
  const balls = inBalls.reduce((sum, balls) => sum + balls, 0)
  return {
    precision: precise / m,
    recall: count(realInBall) / n,
    density: balls / (neighbours * m),
    coverage: count(covered) / n,
  }
}

/** Squared distance of each sample to its k-th nearest neighbour in the set. */
function radii(set: Float64Array, norms: Float64Array, features: number, k: number): Float64Array {
  const nearest = Array.from(norms, () => new Float64Array(k).fill(Infinity)) // ascending
  visitInnerProducts(set, set, features, (i, j, product) => {
    if (j === i) return
    const found = nearest[i]!
    const distance = norms[i]! + norms[j]! - 2 * product
    if (distance >= found[k - 1]!) return
    found[k - 1] = distance
    found.sort()
  })
  return Float64Array.from(nearest, found => found[k - 1]!)
}

function count(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0)
}

export const manifoldMetric: Metric<'samples', ManifoldMetrics> = {
  help: 'precision, recall, density and coverage',
  needs: 'samples',
  compares: true,
  measure: (generated, real) => manifoldMetrics(real, generated),
}
