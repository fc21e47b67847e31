import {
  cosmap,
  exponentialFalling,
  exponentialRising,
  logitNormal,
  modeSampling,
  uniform,
  uShaped,
} from '@rectified-flow/timestep-dists'
import { describe, expect, it } from 'vitest'
import { testDistribution } from './conformance.js'

describe('uniform', () => {
  testDistribution('default', uniform(), { symmetric: true })
  testDistribution('epsilon 0.1', uniform({ epsilon: 0.1 }), { symmetric: true, epsilon: 0.1 })
})

describe('uShaped', () => {
  testDistribution('default', uShaped(), { symmetric: true })
  testDistribution('nearly flat', uShaped({ a: 1e-3 }), { symmetric: true })
  testDistribution('steep', uShaped({ a: 20, epsilon: 0 }), { symmetric: true, epsilon: 0 })

  it('has the heights of the method', () => {
    const { density, cumulative } = uShaped({ epsilon: 0 })
    expect(density(0)).toBeCloseTo(2.0746, 4)
    expect(density(1)).toBeCloseTo(2.0746, 4)
    expect(density(0.5)).toBeCloseTo(0.5514, 4)
    expect(cumulative(0.5)).toBe(0.5)
  })

  it('is the mean of a rising and a falling exponential', () => {
    const [u, up, down] = [uShaped(), exponentialRising(), exponentialFalling()]
    for (const t of [0.01, 0.2, 0.5, 0.9])
      expect(u.density(t)).toBeCloseTo((up.density(t) + down.density(t)) / 2, 12)
  })
})

describe('exponentialRising', () => {
  testDistribution('default', exponentialRising())
  testDistribution('a 0.1', exponentialRising({ a: 0.1, epsilon: 0 }), { epsilon: 0 })

  it('rises by exp(a)', () => {
    const { density } = exponentialRising({ a: 3, epsilon: 0 })
    expect(density(1) / density(0)).toBeCloseTo(Math.exp(3), 12)
  })
})

describe('exponentialFalling', () => {
  testDistribution('default', exponentialFalling())
  testDistribution('a 0.1', exponentialFalling({ a: 0.1, epsilon: 0 }), { epsilon: 0 })

  it('mirrors the rising one', () => {
    const [up, down] = [exponentialRising(), exponentialFalling()]
    for (const t of [0.1, 0.5, 0.7]) expect(down.density(t)).toBeCloseTo(up.density(1 - t), 12)
  })
})

describe('logitNormal', () => {
  testDistribution('default', logitNormal(), { symmetric: true })
  testDistribution('shifted', logitNormal({ mean: 0.5, std: 0.6 }))
  testDistribution('epsilon 0', logitNormal({ epsilon: 0 }), { symmetric: true, epsilon: 0 })

  it('has its median at sigmoid(mean)', () => {
    const { cumulative } = logitNormal({ mean: -1, std: 2, epsilon: 0 })
    expect(cumulative(1 / (1 + Math.exp(1)))).toBeCloseTo(0.5, 12)
  })

  it('has the quantiles of the normal distribution', () => {
    // >>> scipy.stats.norm.cdf([-6, -2.5, -1, 3])  (SciPy 1.17.1)
    const expected = [9.865876450376946e-10, 0.006209665325776132, 0.15865525393145707, 0.9986501019683699]
    const { cumulative } = logitNormal({ epsilon: 0 })
    for (const [i, z] of [-6, -2.5, -1, 3].entries())
      expect(Math.abs(cumulative(1 / (1 + Math.exp(-z))) - expected[i]!)).toBeLessThan(2e-15)
  })
})

describe('modeSampling', () => {
  testDistribution('default', modeSampling(), { symmetric: true })
  testDistribution('ends favoured', modeSampling({ scale: -0.5 }), { symmetric: true })
  testDistribution('scale 0', modeSampling({ scale: 0, epsilon: 0 }), { symmetric: true, epsilon: 0 })

  it('is uniform at scale 0 and keeps its tails', () => {
    expect(modeSampling({ scale: 0, epsilon: 0 }).density(0.3)).toBe(1)
    expect(modeSampling({ scale: 1, epsilon: 0 }).density(0)).toBeCloseTo(1 / 2, 12)
    expect(modeSampling({ scale: 1, epsilon: 0 }).density(0.5)).toBeCloseTo(1 / (2 - Math.PI / 2), 12)
  })
})

describe('cosmap', () => {
  testDistribution('default', cosmap(), { symmetric: true })

  it('has the heights of the paper', () => {
    const { density, cumulative } = cosmap({ epsilon: 0 })
    expect(density(0)).toBeCloseTo(2 / Math.PI, 12)
    expect(density(0.5)).toBeCloseTo(4 / Math.PI, 12)
    expect(cumulative(0.5)).toBeCloseTo(0.5, 12)
  })

  it('gives the signal-to-noise ratios of the cosine schedule', () => {
    // t / (1 - t) = tan(πq/2), the noise-to-signal ratio of cos(πq/2) x + sin(πq/2) z, where P(T <= t) = q.
    const { cumulative } = cosmap({ epsilon: 0 })
    for (const q of [0.1, 0.4, 0.8]) {
      const ratio = Math.tan((Math.PI * q) / 2)
      expect(cumulative(ratio / (1 + ratio))).toBeCloseTo(q, 12)
    }
  })
})
