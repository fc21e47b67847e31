import { createRng } from '@rectified-flow/core'
import {
  type FeatureSet,
  frechetDistanceOfSets,
  inceptionScore,
  inceptionScoreOfSplits,
  kernelDistance,
  subsetEstimate,
} from '@rectified-flow/eval-fid'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

const normal = (seed: number, n: number, shift = 0): FeatureSet => ({
  data: createRng(seed)
    .normals(3 * n)
    .map(z => z + shift),
  shape: [n, 3],
})

describe('subsetEstimate', () => {
  it('is the measure itself if each subset is the whole set', async () => {
    const [a, b] = [normal(1, 50), normal(2, 40, 1)]
    const { mean, deviation } = subsetEstimate([a, b], frechetDistanceOfSets, {
      rng: createRng(0),
      subsets: 3,
    })
    await expectClose(mean, frechetDistanceOfSets(a, b), { rtol: 1e-10, atol: 0 })
    expect(deviation).toBeLessThan(1e-10)
  })

  it('is within five standard errors of the full unbiased kernel distance', () => {
    const [a, b] = [normal(1, 400), normal(2, 300, 0.5)]
    const { mean, deviation } = subsetEstimate([a, b], kernelDistance, {
      rng: createRng(0),
      subsets: 60,
      size: 50,
    })
    expect(Math.abs(mean - kernelDistance(a, b))).toBeLessThan((5 * deviation) / Math.sqrt(60))
    expect(deviation).toBeGreaterThan(0)
  })

  it('is the same for the same seed, and draws no sample twice', () => {
    const a: FeatureSet = { data: Array.from({ length: 30 }, (_, i) => i), shape: [30, 1] }
    const seen: number[][] = []
    const spread = (set: FeatureSet) => {
      seen.push(Array.from(set.data))
      return set.data[0]!
    }
    const options = { subsets: 4, size: 10 }
    const estimates = [1, 1].map(seed => subsetEstimate([a], spread, { rng: createRng(seed), ...options }))
    expect(estimates[0]).toEqual(estimates[1])
    for (const drawn of seen) expect(new Set(drawn).size).toBe(10)
  })

  it('says what is wrong', () => {
    expect(() => subsetEstimate([normal(1, 5)], () => 0, { rng: createRng(0), subsets: 1 })).toThrow(
      new RangeError('eval-fid.subsetEstimate: subsets must be an integer >= 2, got 1.'),
    )
  })
})

describe('inceptionScoreOfSplits', () => {
  it('is the mean of the scores of consecutive parts, without rng', async () => {
    const logits = normal(3, 20)
    const half = (from: number): FeatureSet => ({
      data: (logits.data as Float32Array).slice(from * 3, (from + 10) * 3),
      shape: [10, 3],
    })
    const scores = [inceptionScore(half(0)), inceptionScore(half(10))] as const
    const { mean, deviation } = inceptionScoreOfSplits(logits, { splits: 2 })
    await expectClose(mean, (scores[0] + scores[1]) / 2, f32)
    await expectClose(deviation, Math.abs(scores[0] - scores[1]) / Math.SQRT2, f32)
    expect(inceptionScoreOfSplits(logits, { splits: 2, rng: createRng(1) }).mean).not.toBe(mean)
  })

  it('says what is wrong', () => {
    expect(() => inceptionScoreOfSplits(normal(1, 5))).toThrow(
      new RangeError('eval-fid.inceptionScoreOfSplits: splits must be an integer in [2, 5], got 10.'),
    )
  })
})
