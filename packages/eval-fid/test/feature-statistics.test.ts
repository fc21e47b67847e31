import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng, NumericError } from '@rectified-flow/core'
import { FeatureStatistics } from '@rectified-flow/eval-fid'
import { expectClose } from '@rectified-flow/tools/matchers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const dim = 5

/** n samples whose means are a thousand times their spread, where naive sums of squares lose digits. */
const samples = (n: number) =>
  createRng(7)
    .normals(n * dim)
    .map((z, i) => 1000 * (i % dim) + z)

function statisticsOf(features: ArrayLike<number>): FeatureStatistics {
  const statistics = new FeatureStatistics(dim)
  statistics.add(features)
  return statistics
}

const momentsOf = ({ mean, covariance }: FeatureStatistics) => ({ mean, covariance })

/** Mean and covariance by their definitions. */
function direct(features: Float32Array): { mean: Float64Array; covariance: Float64Array } {
  const n = features.length / dim
  const at = (row: number, i: number) => features[row * dim + i]!
  const over = (f: (row: number) => number) =>
    Array.from({ length: n }, (_, row) => f(row)).reduce((a, b) => a + b)
  const mean = Float64Array.from({ length: dim }, (_, i) => over(row => at(row, i)) / n)
  const covariance = Float64Array.from({ length: dim * dim }, (_, k) => {
    const [i, j] = [Math.floor(k / dim), k % dim]
    return over(row => (at(row, i) - mean[i]!) * (at(row, j) - mean[j]!)) / (n - 1)
  })
  return { mean, covariance }
}

describe('FeatureStatistics', () => {
  it('has the mean and covariance of the definitions', async () => {
    const features = samples(300)
    const { mean, covariance } = statisticsOf(features)
    const expected = direct(features)
    await expectClose(mean, expected.mean, { rtol: 1e-13, atol: 1e-13 })
    await expectClose(covariance, expected.covariance, { rtol: 1e-10, atol: 1e-12 })
  })

  it('sums any number of rows and features, whole blocks of its kernel or not', async () => {
    for (const [n, width] of [
      [1, 1],
      [127, 3],
      [130, 64],
      [260, 67],
      [3, 130],
    ] as const) {
      // biome-ignore format: sizes
      const features = createRng(n).normals(n * width)
      const statistics = new FeatureStatistics(width)
      statistics.add(features)
      statistics.add(features.subarray(0, width))
      const rows = [...Array(n).keys(), 0].map(i => features.subarray(i * width, (i + 1) * width))
      const mean = Array.from(
        { length: width },
        (_, k) => rows.reduce((s, row) => s + row[k]!, 0) / rows.length,
      )
      const covariance = Array.from({ length: width * width }, (_, at) => {
        const [i, j] = [Math.floor(at / width), at % width]
        return rows.reduce((s, row) => s + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0) / n
      })
      await expectClose(statistics.covariance, covariance, { rtol: 1e-10, atol: 1e-12 })
    }
  })

  it('gives the same for any division of the samples into batches and shards', async () => {
    const features = samples(60)
    const whole = statisticsOf(features)
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 59 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (inner, merging) => {
        const edges = [0, ...inner.sort((a, b) => a - b), 60]
        const total = new FeatureStatistics(dim)
        for (let i = 1; i < edges.length; i++) {
          const part = features.subarray(edges[i - 1]! * dim, edges[i]! * dim)
          if (merging) total.merge(statisticsOf(part))
          else total.add(part)
        }
        expect(total.count).toBe(60)
        await expectClose(total.mean, whole.mean, { rtol: 1e-13, atol: 1e-13 })
        await expectClose(total.covariance, whole.covariance, { rtol: 1e-10, atol: 1e-12 })
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it('merges with itself and with nothing', async () => {
    const statistics = statisticsOf(samples(20))
    const before = momentsOf(statistics)
    statistics.merge(new FeatureStatistics(dim))
    expect(momentsOf(statistics)).toEqual(before)
    statistics.merge(statistics)
    expect(statistics.count).toBe(40)
    await expectClose(statistics.mean, before.mean, { rtol: 1e-15, atol: 0 })
    // Twice the scatter, divided by 39 instead of 19.
    await expectClose(
      statistics.covariance,
      before.covariance.map(value => (value * 38) / 39),
      { rtol: 1e-14, atol: 0 },
    )
  })

  it('round-trips through its bytes', () => {
    const statistics = statisticsOf(samples(20))
    const loaded = FeatureStatistics.load(statistics.save())
    expect(loaded.count).toBe(20)
    expect(momentsOf(loaded)).toEqual(momentsOf(statistics))
  })

  it('says what is wrong', () => {
    const statistics = statisticsOf(samples(1))
    expect(() => statistics.covariance).toThrow(
      new RangeError('eval-fid.FeatureStatistics.covariance: count must be an integer >= 2, got 1.'),
    )
    expect(() => statistics.add([1, 2, 3])).toThrow(
      new RangeError('eval-fid.FeatureStatistics.add: features must hold N x 5 numbers, N >= 1, got 3.'),
    )
    expect(() => statistics.add([1, 2, 3, NaN, 5])).toThrow(
      new NumericError(
        'non-finite',
        'eval-fid.FeatureStatistics.add: features must be finite, got NaN at index 3.',
      ),
    )
    expect(() => statistics.merge(new FeatureStatistics(4))).toThrow(
      new RangeError('eval-fid.FeatureStatistics.merge: other.dim must be 5, got 4.'),
    )
    expect(() => new FeatureStatistics(0)).toThrow(
      new RangeError('eval-fid.FeatureStatistics: dim must be an integer >= 1, got 0.'),
    )
    const { tensors } = readSafetensors(statistics.save())
    const scatter = Float64Array.from({ length: 15 }, (_, i) => (i === 5 ? -1 : 0))
    const negative = new Map(tensors).set('scatter', { dtype: 'F64', shape: [15], data: scatter })
    expect(() => FeatureStatistics.load(writeSafetensors(negative))).toThrow(
      new RangeError('eval-fid.FeatureStatistics.load: scatter must have squares >= 0, got -1 of feature 1.'),
    )
    tensors.delete('scatter')
    expect(() => FeatureStatistics.load(writeSafetensors(tensors))).toThrow(
      new TypeError('eval-fid.FeatureStatistics.load: scatter must be F64, got none.'),
    )
  })
})
