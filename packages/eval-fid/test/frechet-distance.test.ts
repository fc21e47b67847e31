import { createRng, NumericError } from '@rectified-flow/core'
import { FeatureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'
import { expectClose } from '@rectified-flow/tools/matchers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** Moments of n random samples of `dim` correlated features. */
function randomMoments(seed: number, dim: number, n: number): Moments {
  const rng = createRng(seed)
  const mix = rng.normals(dim * dim)
  const z = rng.normals(n * dim)
  const x = Array.from({ length: n * dim }, (_, i) => {
    const [row, column] = [Math.floor(i / dim), i % dim]
    let sum = 0
    for (let k = 0; k < dim; k++) sum += z[row * dim + k]! * mix[k * dim + column]!
    return sum
  })
  const statistics = new FeatureStatistics(dim)
  statistics.add(x)
  return statistics
}

const gaussian = (mean: number[], covariance: number[]): Moments => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
})

describe('frechetDistance', () => {
  it('agrees with the closed form for covariances that commute', async () => {
    const a = gaussian([1, 2, 3], [4, 0, 0, 0, 9, 0, 0, 0, 0])
    const b = gaussian([1, 0, 2], [1, 0, 0, 0, 25, 0, 0, 0, 16])
    // Variances s^2 and t^2 contribute (s - t)^2.
    await expectClose(frechetDistance(a, b), 4 + 1 + (1 + 4 + 16), { rtol: 1e-14, atol: 0 })
  })

  it('is symmetric, and 0 on equal sets, singular or not', async () => {
    const sizes = fc.record({
      seed: fc.nat(1e6),
      dim: fc.integer({ min: 1, max: 12 }),
      n: fc.integer({ min: 2, max: 30 }),
    })
    await fc.assert(
      fc.asyncProperty(sizes, async ({ seed, dim, n }) => {
        const [a, b] = [randomMoments(seed, dim, n), randomMoments(seed + 1, dim, n + 3)]
        const scale = a.covariance.reduce((sum, value) => sum + Math.abs(value), 0)
        await expectClose(frechetDistance(a, b), frechetDistance(b, a), { rtol: 1e-11, atol: 0 })
        expect(frechetDistance(a, a)).toBeLessThanOrEqual(1e-13 * scale)
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it('accepts distributions without spread', () => {
    expect(frechetDistance(gaussian([0, 3], [0, 0, 0, 0]), gaussian([4, 0], [1, 0, 0, 2]))).toBe(25 + 3)
  })

  it('says what is wrong', () => {
    const a = gaussian([0, 0], [1, 0, 0, 1])
    expect(() => frechetDistance(a, gaussian([0], [1]))).toThrow(
      new RangeError('eval-fid.frechetDistance: b.mean must have 2 numbers as a.mean has, got 1.'),
    )
    expect(() => frechetDistance(a, gaussian([0, 0], [1]))).toThrow(
      new RangeError('eval-fid.frechetDistance: b.covariance must have 4 numbers for 2 features, got 1.'),
    )
    expect(() => frechetDistance(a, gaussian([0, NaN], [1, 0, 0, 1]))).toThrow(
      new NumericError('non-finite', 'eval-fid.frechetDistance: b.mean must be finite, got NaN at index 1.'),
    )
  })
})
