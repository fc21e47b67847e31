import { checkInt, checkOptions, type OptionNames, type Rng } from '@rectified-flow/core'
import { type FeatureSet, toFloat64 } from './feature-set.js'
import type { Metric } from './metric.js'
import { type Estimate, estimateOf, take } from './subset-estimate.js'

/**
 * exp of the mean, over all samples (one split), of the Kullback-Leibler divergence between the class probabilities of a
 * sample and their mean over the samples. From 1 to the number of classes. If the logits are not Inception's, name the score
 * after their network.
 *
 * @param logits  class scores before the softmax, [N,classes]
 * @see Salimans et al., Improved Techniques for Training GANs, arXiv 1606.03498, section 4
 */
export function inceptionScore(logits: FeatureSet): number {
  const { logits: scores } = toFloat64('eval-fid.inceptionScore', { logits }, 1)
  const [samples, classes] = logits.shape
  const mean = new Float64Array(classes)
  let negativeEntropy = 0
  for (let i = 0; i < samples; i++) {
    const logProbabilities = logSoftmax(scores.subarray(i * classes, (i + 1) * classes))
    logProbabilities.forEach((logP, c) => {
      const p = Math.exp(logP)
      mean[c]! += p / samples
      negativeEntropy += (p * logP) / samples
    })
  }
  const meanEntropy = mean.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)
  return Math.exp(negativeEntropy + meanEntropy)
}

export interface SplitOptions {
  splits?: number
  /** Shuffles the samples before they are split. Without it their order is kept, as in the first implementations. */
  rng?: Rng
}

const splitNames: OptionNames<SplitOptions> = {
  splits: 'optional',
  rng: 'optional',
}

/** Mean and deviation of the scores of `splits` equal parts of the samples, as papers report it (ten splits). */
export function inceptionScoreOfSplits(logits: FeatureSet, options: SplitOptions = {}): Estimate {
  checkOptions('eval-fid.inceptionScoreOfSplits', options, splitNames)
  const { splits = 10, rng } = options
  const samples = logits.shape[0]
  checkInt('eval-fid.inceptionScoreOfSplits', 'splits', splits, 2, samples)
  const order = rng?.permutation(samples) ?? Int32Array.from({ length: samples }, (_, i) => i)
  const edge = (split: number) => Math.floor((split * samples) / splits)
  return estimateOf(
    Array.from({ length: splits }, (_, s) =>
      inceptionScore(take(logits, order.subarray(edge(s), edge(s + 1)))),
    ),
  )
}

function logSoftmax(row: Float64Array): Float64Array {
  const max = row.reduce((a, b) => Math.max(a, b))
  const logSum = max + Math.log(row.reduce((sum, value) => sum + Math.exp(value - max), 0))
  return row.map(value => value - logSum)
}

export const inceptionScoreMetric: Metric<'logits', Estimate> = {
  help: 'inception score over ten splits',
  paperNames: { Inception: 'IS' },
  needs: 'logits',
  compares: false,
  measure: (logits, _, { rng }) => inceptionScoreOfSplits(logits, { rng: rng.fork('splits') }),
}
