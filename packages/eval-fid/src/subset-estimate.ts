import { checkInt, checkOptions, type OptionNames, type Rng } from '@rectified-flow/core'
import type { FeatureSet } from './feature-set.js'

/** The mean of a measure, and its standard deviation (over N - 1). */
export interface Estimate {
  mean: number
  deviation: number
}

export interface SubsetOptions {
  rng: Rng
  subsets?: number
  /** How many samples of each set are drawn into a subset, without replacement; of a smaller set, all. */
  size?: number
}

const subsetNames: OptionNames<SubsetOptions> = {
  rng: 'required',
  subsets: 'optional',
  size: 'optional',
}

/**
 * The mean and the spread of a measure over random subsets. The defaults are those of KID.
 *
 *   subsetEstimate([a, b], kernelDistance, { rng })                                 KID, as torch-fidelity reports it
 *   subsetEstimate([a, b], frechetDistanceOfSets, { rng, subsets: 10, size: 5000 })
 *
 * @see Binkowski et al., Demystifying MMD GANs, arXiv 1801.01401, section 4
 */
export function subsetEstimate(
  sets: readonly FeatureSet[],
  measure: (...subsets: FeatureSet[]) => number,
  options: SubsetOptions,
): Estimate {
  const where = 'eval-fid.subsetEstimate'
  checkOptions(where, options, subsetNames)
  const { rng, subsets = 100, size = 1000 } = options
  checkInt(where, 'subsets', subsets, 2)
  checkInt(where, 'size', size, 1)
  const values = Array.from({ length: subsets }, (_, s) => {
    const drawn = sets.map((set, k) =>
      take(set, rng.fork(s).fork(k).permutation(set.shape[0]).subarray(0, size)),
    )
    return measure(...drawn)
  })
  return estimateOf(values)
}

/** Mean and standard deviation of numbers, two or more. */
export function estimateOf(values: readonly number[]): Estimate {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) }
}

/** These samples of a set, in this order. */
export function take({ data, shape: [, features] }: FeatureSet, samples: ArrayLike<number>): FeatureSet {
  const taken = new Float64Array(samples.length * features)
  for (let i = 0; i < samples.length; i++)
    for (let k = 0; k < features; k++) taken[i * features + k] = data[samples[i]! * features + k]!
  return { data: taken, shape: [samples.length, features] }
}
