import { createRng, type TimestepDistribution } from '@rectified-flow/core'
import { expect, it } from 'vitest'

const inside = Array.from({ length: 99 }, (_, i) => (i + 1) / 100)

/** Every distribution must have a density, a cumulative and a sampler that agree. */
export function testDistribution(
  name: string,
  distribution: TimestepDistribution,
  { symmetric = false, epsilon = 1e-5 }: { symmetric?: boolean; epsilon?: number } = {},
): void {
  it(`${name}: samples follow the cumulative (Kolmogorov-Smirnov, level 1e-3)`, () => {
    const n = 20_000
    const t = distribution.sample(n, createRng(7))
    expect([t.shape, t.dtype]).toEqual([[n], 'float32'])
    const sorted = t.dataSync<'float32'>().slice().sort()
    t.dispose()
    expect(sorted[0]).toBeGreaterThanOrEqual(Math.fround(epsilon))
    expect(sorted[n - 1]).toBeLessThanOrEqual(Math.fround(1 - epsilon))
    let distance = 0
    for (const [i, value] of sorted.entries()) {
      const p = distribution.cumulative(value)
      distance = Math.max(distance, p - i / n, (i + 1) / n - p)
    }
    expect(distance).toBeLessThan(Math.sqrt(-Math.log(1e-3 / 2) / 2 / n))
  })

  it(`${name}: the density integrates to 1`, () => {
    const n = 100_000
    const midpoints = Array.from({ length: n }, (_, i) => distribution.density((i + 0.5) / n))
    expect(Math.abs(midpoints.reduce((sum, p) => sum + p, 0) / n - 1)).toBeLessThan(1e-4)
  })

  it(`${name}: the density is the slope of the cumulative`, () => {
    const h = 1e-4
    for (const t of inside) {
      if (Math.min(Math.abs(t - epsilon), Math.abs(1 - t - epsilon)) < h) continue // a kink
      const slope = (distribution.cumulative(t + h) - distribution.cumulative(t - h)) / (2 * h)
      expect(Math.abs(slope - distribution.density(t))).toBeLessThan(1e-5 * Math.max(1, slope))
    }
  })

  it(`${name}: has density 0 outside [epsilon, 1 - epsilon]`, () => {
    for (const t of [-1, 0.5 * epsilon - 1e-6, 1 - 0.5 * epsilon + 1e-6, 2])
      expect(distribution.density(t)).toBe(0)
    expect([-1, 0, epsilon].map(distribution.cumulative)).toEqual([0, 0, 0])
    for (const t of [1 - epsilon, 1, 2]) expect(distribution.cumulative(t)).toBeCloseTo(1, 14)
  })

  it(`${name}: the same seed gives the same times`, () => {
    const [a, b] = [1, 1].map(seed => {
      const t = distribution.sample(8, createRng(seed))
      const values = [...t.dataSync()]
      t.dispose()
      return values
    })
    expect(a).toEqual(b)
  })

  if (symmetric)
    it(`${name}: symmetric`, () => {
      for (const t of inside) {
        expect(distribution.density(1 - t)).toBeCloseTo(distribution.density(t), 9)
        expect(distribution.cumulative(1 - t)).toBeCloseTo(1 - distribution.cumulative(t), 12)
      }
    })
}
