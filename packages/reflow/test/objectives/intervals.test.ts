import { createRng } from '@rectified-flow/core'
import { consistency, intervals, shortcut } from '@rectified-flow/reflow/objectives'
import { uniform, uShaped } from '@rectified-flow/timestep-dists'
import type * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const N = 20_000
const rows = (distribution: { sample(n: number, rng: ReturnType<typeof createRng>): tf.Tensor2D }, n = N) =>
  distribution.sample(n, createRng(2)).arraySync() as [number, number, number][]
const share = (of: [number, number, number][], holds: (t: number, s: number, r: number) => boolean) =>
  of.filter(row => holds(...row)).length / of.length
/** Five standard errors of a share. */
const error = (p: number) => 5 * Math.sqrt((p * (1 - p)) / N)

it('draws t >= s >= r, and r < t with its share', () => {
  for (const p of [0, 0.25, 1]) {
    const drawn = rows(intervals(uShaped(), { share: p }))
    expect(share(drawn, (t, s, r) => t <= 1 && t >= s && s >= r && r >= 0)).toBe(1)
    expect(Math.abs(share(drawn, (t, _, r) => r < t) - p)).toBeLessThanOrEqual(error(p))
  }
})

it('has the maximum and the minimum of two times, and s uniform between them', () => {
  const drawn = rows(intervals(uniform(), { share: 1 }))
  for (const [at, p] of [
    [0.3, 0.09],
    [0.8, 0.64],
  ] as const) {
    expect(Math.abs(share(drawn, t => t < at) - p)).toBeLessThan(error(p))
    expect(Math.abs(share(drawn, (_, __, r) => r > 1 - at) - p)).toBeLessThan(error(p))
  }
  expect(Math.abs(share(drawn, (t, s, r) => s - r < 0.3 * (t - r)) - 0.3)).toBeLessThan(error(0.3))
})

it('ends long intervals at the data, and only those', () => {
  const [plain, snapped] = [
    intervals(uShaped(), { share: 0.5 }),
    intervals(uShaped(), { share: 0.5, snap: 0.5 }),
  ].map(distribution => rows(distribution)) as [number, number, number][][]
  expect(share(snapped!, (t, _, r) => r === 0 || t - r <= 0.5)).toBe(1)
  expect(share(snapped!, (_, s, r) => r > 0 || s < 1)).toBe(1)
  for (const [i, [t, , r]] of plain!.entries()) expect(snapped![i]![2]).toBe(t - r > 0.5 ? 0 : r)
})

it('has the dyadic steps of shortcut models, each level as often', () => {
  const drawn = rows(shortcut({ levels: 3, share: 0.5 }).timesteps)
  const apart = drawn.filter(([t, , r]) => t > r)
  expect(Math.abs(apart.length / N - 0.5)).toBeLessThan(error(0.5))
  for (const length of [1, 0.5, 0.25]) {
    const level = apart.filter(([t, , r]) => t - r === length)
    expect(Math.abs(level.length / apart.length - 1 / 3)).toBeLessThan(2 * error(1 / 3))
    expect(level.every(([t, s, r]) => r % length === 0 && s === (t + r) / 2)).toBe(true)
  }
})

it('has neighbouring times for consistency', () => {
  const drawn = rows(consistency({ steps: 4 }).timesteps, 200)
  const expected = [
    [0.25, 0],
    [0.5, 0.25],
    [0.75, 0.5],
    [1, 0.75],
  ].map(String)
  expect(new Set(drawn.map(([t, s]) => String([t, s])))).toEqual(new Set(expected))
  expect(drawn.every(([, , r]) => r === 0)).toBe(true)
})

it('gives the same rows from the same stream, and says what is wrong', () => {
  expect(rows(intervals(uniform()), 5)).toEqual(rows(intervals(uniform()), 5))
  expect(() => intervals(uniform(), { share: 2 })).toThrow('reflow.intervals: share must be')
  expect(() => intervals(uniform(), { snap: -1 })).toThrow('reflow.intervals: snap must be')
  expect(() => shortcut({ levels: 0 })).toThrow('reflow.shortcut: levels must be an integer')
  expect(() => consistency({ steps: 0 })).toThrow('reflow.consistency: steps must be an integer')
})
