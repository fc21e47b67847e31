import { checkInt } from '@rectified-flow/core'
import { type FeatureSet, toFloat64 } from './feature-set.js'

export interface ManifoldOptions {
  /** A sample's ball reaches to this neighbour in its own set. */
  neighbours?: number
}

export interface ManifoldMetrics {
  /** Share of generated samples that lie in the ball of a real one. */
  precision: number
  /** Share of real samples that lie in the ball of a generated one. */
  recall: number
  /** Mean number of real balls that a generated sample lies in, over `neighbours`; may exceed 1. */
  density: number
  /** Share of real samples whose ball holds a generated one. */
  coverage: number
}

/**
 * Fidelity and diversity of generated samples, from the balls that reach from each sample to its k-th neighbour.
 *
 * @param real, generated  features [N,F] and [M,F], each with more than `neighbours` samples
 * @see Kynkäänniemi et al., Improved Precision and Recall Metric, arXiv 1904.06991, equations 1 and 2; Naeem et al.,
 *      Reliable Fidelity and Diversity Metrics, arXiv 2002.09797, equations 4 and 5
 */
export function manifoldMetrics(
  real: FeatureSet,
  generated: FeatureSet,
  { neighbours = 3 }: ManifoldOptions = {},
): ManifoldMetrics {
  const where = 'eval-fid.manifoldMetrics'
  checkInt(where, 'neighbours', neighbours, 1)
  const sets = toFloat64(where, { real, generated }, neighbours + 1)
  const [n, features] = real.shape
  const m = generated.shape[0]
  const radius = {
    real: radii(sets.real, features, neighbours),
    generated: radii(sets.generated, features, neighbours),
  }
  const realInBall = new Uint8Array(n)
  const covered = new Uint8Array(n)
  let [precise, balls] = [0, 0]
  for (let j = 0; j < m; j++) {
    let around = 0
    for (let i = 0; i < n; i++) {
      const distance = squaredDistance(sets.real, i, sets.generated, j, features)
      if (distance < radius.real[i]!) {
        around++
        covered[i] = 1
      }
      if (distance < radius.generated[j]!) realInBall[i] = 1
    }
    balls += around
    if (around > 0) precise++
  }
  return {
    precision: precise / m,
    recall: count(realInBall) / n,
    density: balls / (neighbours * m),
    coverage: count(covered) / n,
  }
}

/** Squared distance of each sample to its k-th neighbour in the set. */
function radii(set: Float64Array, features: number, k: number): Float64Array {
  const n = set.length / features
  return Float64Array.from({ length: n }, (_, i) => {
    const nearest = new Float64Array(k).fill(Infinity) // ascending
    for (let j = 0; j < n; j++) {
      if (j === i) continue
      const distance = squaredDistance(set, i, set, j, features)
      if (distance >= nearest[k - 1]!) continue
      nearest[k - 1] = distance
      nearest.sort()
    }
    return nearest[k - 1]!
  })
}

function squaredDistance(x: Float64Array, i: number, y: Float64Array, j: number, features: number): number {
  let sum = 0
  for (let k = 0; k < features; k++) {
    const apart = x[i * features + k]! - y[j * features + k]!
    sum += apart * apart
  }
  return sum
}

function count(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0)
}
