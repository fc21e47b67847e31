import { createRng } from '@rectified-flow/core'
import {
  exponentialFalling,
  exponentialRising,
  logitNormal,
  modeSampling,
  timestepDistributions,
  uniform,
  uShaped,
} from '@rectified-flow/timestep-dists'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import fc from 'fast-check'
import { expect, it } from 'vitest'

it.each(Object.entries(timestepDistributions))('%s has the defaults that its choice says', (_, choice) => {
  const options = Object.fromEntries(
    Object.entries(choice.options).map(([name, { default: value }]) => [name, value]),
  )
  expect(Object.keys(options)).toContain('epsilon')
  for (const t of [1e-5, 0.1, 0.3, 0.8])
    expect(choice.make(options).density(t)).toBe(choice.make({}).density(t))
  expect(choice.make({ epsilon: 0.1 }).density(0.3)).not.toBe(choice.make({}).density(0.3))
})

it('says what is wrong with an option', () => {
  const failures: [() => unknown, string][] = [
    [() => uShaped({ a: 0 }), 'timestep-dists.uShaped: a must be a number in [0.001, 100], got 0.'],
    [
      () => exponentialRising({ a: Number.NaN }),
      'timestep-dists.exponentialRising: a must be a number in [0.001, 100], got NaN.',
    ],
    [
      () => exponentialFalling({ a: -4 }),
      'timestep-dists.exponentialFalling: a must be a number in [0.001, 100], got -4.',
    ],
    [
      () => logitNormal({ mean: 11 }),
      'timestep-dists.logitNormal: mean must be a number in [-10, 10], got 11.',
    ],
    [
      () => logitNormal({ std: 0 }),
      'timestep-dists.logitNormal: std must be a number in [0.001, 10], got 0.',
    ],
    [
      () => modeSampling({ scale: 2 }),
      'timestep-dists.modeSampling: scale must be a number in [-1, 1.75], got 2.',
    ],
    [() => uniform({ epsilon: -1 }), 'timestep-dists.uniform: epsilon must be a number in [0, 0.1], got -1.'],
    [
      () => uniform().sample(0, createRng(1)),
      'timestep-dists.uniform.sample: n must be an integer >= 1, got 0.',
    ],
  ]
  for (const [body, message] of failures) expect(body).toThrow(new RangeError(message))
})

it('leaks nothing', () => expectNoLeak(() => uShaped().sample(4, createRng(1)).dispose()))

it('gives no sampled time a density of 0', () => {
  // The smallest q and the largest: float32 rounds these ends to just outside the support.
  const ends = { ...createRng(0), uniforms: () => Float32Array.of(0, 1 - 2 ** -24) }
  for (const distribution of [uniform(), uShaped(), modeSampling()]) {
    const t = distribution.sample(2, ends)
    for (const time of t.dataSync()) {
      expect(distribution.density(time)).toBeGreaterThan(0)
      expect(Number.isFinite(1 / time) && Number.isFinite(1 / (1 - time))).toBe(true)
    }
    t.dispose()
  }
})

it('has a cumulative that rises from 0 to 1, whatever the options', () => {
  const a = fc.double({ min: 1e-3, max: 99, noNaN: true })
  const epsilon = fc.double({ min: 0, max: 0.1, noNaN: true })
  const times = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  fc.assert(
    fc.property(a, epsilon, times, (a, epsilon, [s, t]) => {
      const all = [
        uShaped({ a, epsilon }),
        exponentialRising({ a, epsilon }),
        exponentialFalling({ a, epsilon }),
        logitNormal({ std: a / 10 + 1e-3, epsilon }),
        modeSampling({ scale: a / 60, epsilon }),
      ]
      for (const { cumulative, density } of all) {
        expect(cumulative(Math.min(s, t))).toBeLessThanOrEqual(cumulative(Math.max(s, t)))
        expect(cumulative(0)).toBeGreaterThanOrEqual(0)
        expect(cumulative(1)).toBeCloseTo(1, 9)
        expect(density(t)).toBeGreaterThanOrEqual(0)
      }
    }),
    { seed: 1, numRuns: 50 },
  )
})
