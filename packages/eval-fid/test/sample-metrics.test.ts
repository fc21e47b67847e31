import { createRng, NumericError } from '@rectified-flow/core'
import { type FeatureSet, inceptionScore, kernelDistance, manifoldMetrics } from '@rectified-flow/eval-fid'
import { expectClose } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

const points = (...values: number[]): FeatureSet => ({ data: values, shape: [values.length, 1] })

describe('kernelDistance', () => {
  it('is unbiased', () => {
    // Two sets of one distribution: about half of the values are negative, and their mean is within 5 standard errors of 0.
    const values = Array.from({ length: 200 }, (_, seed) => {
      const rng = createRng(seed)
      return kernelDistance(
        { data: rng.normals(40), shape: [10, 4] },
        { data: rng.normals(40), shape: [10, 4] },
      )
    })
    const mean = values.reduce((a, b) => a + b) / 200
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 199)
    expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(200))
  })

  it('says what is wrong', () => {
    expect(() => kernelDistance(points(1, 2), { data: [1, 2, 3, 4], shape: [2, 2] })).toThrow(
      new RangeError('eval-fid.kernelDistance: b must have shape [N,1] with N >= 2, got [2,2].'),
    )
    expect(() => kernelDistance(points(1), points(1, 2))).toThrow(
      new RangeError('eval-fid.kernelDistance: a must have shape [N,F] with N >= 2, got [1,1].'),
    )
    expect(() => kernelDistance({ data: [1], shape: [2, 1] }, points(1, 2))).toThrow(
      new RangeError('eval-fid.kernelDistance: a must hold 2 numbers for shape [2,1], got 1.'),
    )
    expect(() => kernelDistance(points(1, NaN), points(1, 2))).toThrow(
      new NumericError('non-finite', 'eval-fid.kernelDistance: a must be finite, got NaN at index 1.'),
    )
  })
})

describe('manifoldMetrics', () => {
  it('agrees with counting by hand on a line', () => {
    // Radii of the real balls: 1 around 0, 1 and 2, and 8 around 10. Generated: 0.25 around 0.25 and 0.5, 99 around 99.5.
    const metrics = manifoldMetrics(points(0, 1, 2, 10), points(0.25, 0.5, 99.5), { neighbours: 1 })
    expect(metrics).toEqual({ precision: 2 / 3, recall: 3 / 4, density: 4 / 3, coverage: 1 / 2 })
  })

  it('finds nothing in balls without radius: a sample on the edge of a ball is outside', () => {
    const collapsed: FeatureSet = {
      data: Array.from({ length: 10 }, () => [...createRng(1).normals(300)]).flat(),
      shape: [10, 300],
    }
    const none = { precision: 0, recall: 0, density: 0, coverage: 0 }
    expect(manifoldMetrics(collapsed, collapsed)).toEqual(none)
    // The only neighbour of each real sample is 1 away, as far as its ball reaches.
    expect(manifoldMetrics(points(0, 1), points(2, 2), { neighbours: 1 })).toEqual(none)
  })

  it('says what is wrong', () => {
    expect(() => manifoldMetrics(points(1, 2, 3), points(1, 2, 3, 4))).toThrow(
      new RangeError('eval-fid.manifoldMetrics: real must have shape [N,F] with N >= 4, got [3,1].'),
    )
    expect(() => manifoldMetrics(points(1), points(1), { neighbours: 0 })).toThrow(
      new RangeError('eval-fid.manifoldMetrics: neighbours must be an integer >= 1, got 0.'),
    )
  })
})

describe('inceptionScore', () => {
  it('is 1 for equal samples, and the number of classes for confident samples spread evenly over the classes', async () => {
    await expectClose(inceptionScore({ data: [1, 2, 1, 2], shape: [2, 2] }), 1, { rtol: 1e-15, atol: 0 })
    const certain = [900, 0, 0, 0, 900, 0, 0, 0, 900]
    await expectClose(inceptionScore({ data: certain, shape: [3, 3] }), 3, { rtol: 1e-14, atol: 0 })
  })
})
