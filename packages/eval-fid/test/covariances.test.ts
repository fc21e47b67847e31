import { writeNpz } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { FeatureStatistics, frechetDistance, type Moments, readReference } from '@rectified-flow/eval-fid'
import { frechetDistanceInWorker } from '@rectified-flow/eval-fid/node'
import { describe, expect, it } from 'vitest'

const gaussian = (...covariance: number[]): Moments => ({
  mean: new Float64Array(Math.sqrt(covariance.length)),
  covariance: Float64Array.from(covariance),
})
const identity = gaussian(1, 0, 0, 0, 1, 0, 0, 0, 1)

/** Moments of features as a ReLU gives them, whose variances differ by a factor of 1,700. */
function realistic(seed: number, dim: number, n: number): Moments {
  const features = createRng(seed).normals(n * dim)
  for (let i = 0; i < features.length; i++)
    features[i] = Math.max(0, features[i]! + 0.3) / (1 + (i % dim) / (dim / 40))
  const statistics = new FeatureStatistics(dim)
  statistics.add(features)
  return { mean: statistics.mean, covariance: statistics.covariance }
}

const rounded = ({ mean, covariance }: Moments): Moments => ({
  mean: mean.map(Math.fround),
  covariance: covariance.map(Math.fround),
})

/** The file of these moments, in float64 or float32. */
const fileOf = ({ mean, covariance }: Moments, dtype: 'F64' | 'F32' = 'F64') => {
  const numbers = dtype === 'F64' ? Float64Array : Float32Array
  const dim = mean.length
  return writeNpz({
    mu: { dtype, shape: [dim], data: numbers.from(mean) as Float64Array & Float32Array },
    sigma: { dtype, shape: [dim, dim], data: numbers.from(covariance) as Float64Array & Float32Array },
  })
}

const refused: [string, Moments, string][] = [
  [
    'not positive semi-definite',
    gaussian(1, 2, 0, 2, 1, 0, 0, 0, 1),
    'be positive semi-definite, got an eigenvalue below -0.002. It is no covariance.',
  ],
  [
    'without variances',
    gaussian(0, 1, 0, 1, 0, 0, 0, 0, 0),
    'be positive semi-definite, got an eigenvalue below -0.001. It is no covariance.',
  ],
  [
    'of correlations that exclude each other',
    gaussian(1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1),
    'be positive semi-definite, got an eigenvalue below -0.001. It is no covariance.',
  ],
  ['not symmetric', gaussian(1, 0.9, 0, 0, 1, 0, 0, 0, 1), 'be symmetric, got 0.9 at [0,1] and 0 at [1,0].'],
  [
    'with a negative variance',
    gaussian(1, 0, 0, 0, -0.5, 0, 0, 0, 1),
    'have variances >= 0, got -0.5 at [1,1].',
  ],
]

describe.each(refused)('a matrix %s', (_, bad, rule) => {
  it('is refused in a file', async () => {
    await expect(readReference(await fileOf(bad))).rejects.toThrow(
      new RangeError(`eval-fid.readReference: sigma must ${rule}`),
    )
    const { mean, covariance } = bad
    const spatial = await writeNpz({
      mu: { dtype: 'F64', shape: [3], data: mean },
      sigma: { dtype: 'F64', shape: [3, 3], data: identity.covariance },
      mu_s: { dtype: 'F64', shape: [3], data: mean },
      sigma_s: { dtype: 'F64', shape: [3, 3], data: covariance },
    })
    await expect(readReference(spatial)).rejects.toThrow(`eval-fid.readReference: sigma_s must ${rule}`)
  })

  it('is refused by the distance, on either side', async () => {
    expect(() => frechetDistance(bad, identity)).toThrow(
      new RangeError(`eval-fid.frechetDistance: a.covariance must ${rule}`),
    )
    expect(() => frechetDistance(identity, bad)).toThrow(
      new RangeError(`eval-fid.frechetDistance: b.covariance must ${rule}`),
    )
    await expect(frechetDistanceInWorker(identity, bad)).rejects.toThrow(
      new RangeError(`eval-fid.frechetDistanceInWorker: b.covariance must ${rule}`),
    )
  })
})

it('a file whose mean and covariance have different sizes is refused', async () => {
  const bytes = await writeNpz({
    mu: { dtype: 'F64', shape: [2], data: Float64Array.of(0, 0) },
    sigma: { dtype: 'F64', shape: [3, 3], data: identity.covariance },
  })
  await expect(readReference(bytes)).rejects.toThrow(
    new RangeError('eval-fid.readReference: sigma must have shape [2,2], got [3,3].'),
  )
})

describe('real statistics pass', () => {
  // [features, samples]: of full rank and singular
  const sizes = [
    [64, 20],
    [64, 2],
    [256, 100],
    [256, 600],
  ] as const

  it.each(sizes)('%i features of %i samples, stored in float64 and in float32', async (dim, n) => {
    const [a, b] = [realistic(1, dim, n), realistic(2, dim, n)]
    expect((await readReference(await fileOf(a))).moments).toEqual(a)
    expect((await readReference(await fileOf(a, 'F32'))).moments).toEqual(rounded(a))
    const exact = frechetDistance(a, b)
    expect(Math.abs(frechetDistance(rounded(a), rounded(b)) / exact - 1)).toBeLessThan(1e-4)
    expect(await frechetDistanceInWorker(rounded(a), b)).toBe(frechetDistance(rounded(a), b))
  })

  it('summed in float32, from second moments less the square of the mean', async () => {
    const [dim, n] = [32, 2000]
    const features = createRng(3)
      .normals(n * dim)
      .map(value => Math.max(0, value + 1))
    const mean = new Float64Array(dim)
    const covariance = new Float64Array(dim * dim)
    for (let row = 0; row < n; row++)
      for (let i = 0; i < dim; i++) {
        const value = features[row * dim + i]!
        mean[i] = Math.fround(mean[i]! + Math.fround(value / n))
        for (let j = 0; j < dim; j++) {
          const product = Math.fround((value * features[row * dim + j]!) / n)
          covariance[i * dim + j] = Math.fround(covariance[i * dim + j]! + product)
        }
      }
    covariance.forEach((value, at) => {
      const product = mean[Math.floor(at / dim)]! * mean[at % dim]!
      covariance[at] = Math.fround(value - Math.fround(product))
    })
    const [coarse, exact] = [{ mean, covariance }, new FeatureStatistics(dim)]
    exact.add(features)
    expect(frechetDistance(coarse, exact)).toBeLessThan(1e-3)
  })

  it('of features that never vary, whose variances rounding made negative', () => {
    const dead = gaussian(1, 0, 0, 0, -1e-9, 0, 0, 0, 0)
    expect(frechetDistance(dead, identity)).toBeCloseTo(2, 6)
    expect(frechetDistance(gaussian(0, 0, 0, 0), gaussian(0, 0, 0, 0))).toBe(0)
  })
})
