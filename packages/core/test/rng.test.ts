import { createRng, type Rng } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { philox4x32 } from '../src/rng/philox.js'

const n = 100_000
const seeds = { seed: 1, numRuns: 50 }

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length

/** Kolmogorov-Smirnov distance of a sample from a distribution, times sqrt(n). It exceeds 1.95 once in a thousand times. */
function kolmogorov(values: Float32Array, cumulative: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort()
  let worst = 0
  sorted.forEach((x, i) => {
    const p = cumulative(x)
    worst = Math.max(worst, p - i / sorted.length, (i + 1) / sorted.length - p)
  })
  return worst * Math.sqrt(sorted.length)
}

/** Normal cumulative distribution: erf by its Taylor series, summed in float64 (error below 1e-9 for |x| < 6). */
function normalCumulative(x: number): number {
  let term = x / Math.SQRT2
  let sum = term
  for (let k = 1; Math.abs(term) > 1e-17 && k < 200; k++) {
    term *= -(x * x) / (2 * k)
    sum += term / (2 * k + 1)
  }
  return 0.5 + sum / Math.sqrt(Math.PI)
}

describe('uniforms', () => {
  const values = createRng(1).uniforms(n)

  it('have the moments and the shape of U(0,1)', () => {
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n))
    expect(Math.abs(mean(values.map(u => u * u)) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n))
    expect(kolmogorov(values, u => u)).toBeLessThan(1.95)
    expect(values.every(u => u >= 0 && u < 1)).toBe(true)
  })

  it('are independent of the number before', () => {
    for (const lag of [1, 2, 3, 4]) {
      const products = values.subarray(lag).map((u, i) => (u - 0.5) * (values[i]! - 0.5))
      expect(Math.abs(mean(products)) * 12, `lag ${lag}`).toBeLessThan(5 / Math.sqrt(n))
    }
  })
})

describe('normals', () => {
  const values = createRng(2).normals(n)

  it('have the moments and the shape of N(0,1)', () => {
    // Var of z^k: 1, 2, 15, 96.
    const moments: [number, number, number][] = [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ]
    for (const [k, expected, variance] of moments) {
      const error = Math.abs(mean(Float64Array.from(values, z => z ** k)) - expected)
      expect(error, `moment ${k}`).toBeLessThan(5 * Math.sqrt(variance / n))
    }
    expect(kolmogorov(values, normalCumulative)).toBeLessThan(1.95)
    expect(values.every(Number.isFinite)).toBe(true)
  })

  it('are independent of the number before, also within a Box-Muller pair', () => {
    for (const lag of [1, 2]) {
      const products = values.subarray(lag).map((z, i) => z * values[i]!)
      expect(Math.abs(mean(products)), `lag ${lag}`).toBeLessThan(5 / Math.sqrt(n))
      const squares = values.subarray(lag).map((z, i) => (z * z - 1) * (values[i]! ** 2 - 1))
      expect(Math.abs(mean(squares)) / 2, `squares, lag ${lag}`).toBeLessThan(5 / Math.sqrt(n))
    }
  })

  it('come in any number, odd ones too', () => {
    for (const count of [0, 1, 2, 3, 5]) expect(createRng(2).normals(count)).toEqual(values.slice(0, count))
  })
})

describe('seeds and forks', () => {
  const draw = (rng: Rng) => [...rng.uniforms(4)]

  it('give the same numbers for the same seed, others for another', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        expect(draw(createRng(a))).toEqual(draw(createRng(a)))
        if (a !== b) expect(draw(createRng(a))).not.toEqual(draw(createRng(b)))
      }),
      seeds,
    )
  })

  it('fork by name, whatever was drawn or forked before', () => {
    fc.assert(
      fc.property(fc.nat(), fc.oneof(fc.maxSafeNat(), fc.string()), fc.nat(9), (seed, key, drawn) => {
        const used = createRng(seed)
        used.uniforms(drawn)
        used.fork('other').normals(3)
        expect(draw(used.fork(key))).toEqual(draw(createRng(seed).fork(key)))
      }),
      seeds,
    )
  })

  it('leave the parent where it was', () => {
    const [plain, forked] = [createRng(3), createRng(3)]
    forked.fork(0).uniforms(100)
    expect(draw(forked)).toEqual(draw(plain))
  })

  it('give sample i the same numbers in any batch', () => {
    const rng = createRng(4)
    const batch = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => [...rng.fork(from + i).normals(5)])
    expect([...batch(0, 3), ...batch(3, 10)]).toEqual(batch(0, 10))
  })

  it('tell apart numbers, strings, large numbers and paths', () => {
    const rng = createRng(0)
    const streams = [
      ...[
        rng,
        createRng(1),
        createRng(2 ** 32),
        createRng(2 ** 52),
        rng.fork(0).fork(1),
        rng.fork(1).fork(0),
      ],
      ...[0, 1, 97, 2 ** 32, 2 ** 52, '', '0', 'a', 'b', 'ab', 'ba', 'aa', 'é'].map(key => rng.fork(key)),
    ].map(stream => String(draw(stream)))
    expect(new Set(streams).size).toBe(streams.length)
  })

  it('are uncorrelated between neighbours', () => {
    const rng = createRng(5)
    const firsts = Float32Array.from({ length: 10_000 }, (_, i) => rng.fork(i).normals(1)[0]!)
    expect(Math.abs(mean(firsts))).toBeLessThan(5 / 100)
    expect(kolmogorov(firsts, normalCumulative)).toBeLessThan(1.95)
    const products = firsts.subarray(1).map((z, i) => z * firsts[i]!)
    expect(Math.abs(mean(products))).toBeLessThan(5 / 100)
  })
})

describe('reserve', () => {
  it.each([0, 1, 4, 5, 11])('says where the next %d words are, and skips them', n => {
    const [drawn, reserved] = [createRng(3).fork('a'), createRng(3).fork('a')]
    for (const rng of [drawn, reserved]) rng.uniforms(6)
    const { key, counter } = reserved.reserve(n)
    const words = new Uint32Array(4 * Math.ceil(n / 4))
    philox4x32([...counter, 0, 0], key, words)
    expect(Array.from(words.subarray(0, n), word => word >>> 2)).toEqual([...drawn.integers(n, 2 ** 30)])
    expect(reserved.uniforms(3)).toEqual(drawn.uniforms(3))
  })

  it('says what is wrong', () => {
    expect(() => createRng(3).reserve(-1)).toThrow('core.Rng.reserve: n must be an integer >= 0, got -1.')
  })
})

describe('integers and permutations', () => {
  it('cover [0, below) evenly', () => {
    const counts = new Array<number>(7).fill(0)
    for (const value of createRng(6).integers(n, 7)) counts[value]!++
    const expected = n / 7
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chi).toBeLessThan(22.5) // 6 degrees of freedom: once in a thousand
    expect([...createRng(6).integers(5, 1)]).toEqual([0, 0, 0, 0, 0])
  })

  it('reach both ends of the widest range', () => {
    const values = createRng(7).integers(n, 2 ** 31)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeGreaterThan(2 ** 31 - 2 ** 17)
  })

  it('hold every index once', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(50), (seed, size) => {
        expect([...createRng(seed).permutation(size)].sort((a, b) => a - b)).toEqual([...Array(size).keys()])
      }),
      seeds,
    )
  })

  it('have every order equally often', () => {
    const rng = createRng(8)
    const counts = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const order = String(rng.permutation(4))
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(counts.size).toBe(24)
    expect(chi).toBeLessThan(49.7) // 23 degrees of freedom: once in a thousand
  })
})

describe('tensors', () => {
  it('hold the numbers of the arrays', async () => {
    await scope(async () => {
      await expectClose(createRng(9).normal([2, 3]), tf.tensor2d(createRng(9).normals(6), [2, 3]), exact)
      await expectClose(createRng(9).uniform([2, 3]), tf.tensor2d(createRng(9).uniforms(6), [2, 3]), exact)
      await expectClose(createRng(9).normal([]), tf.scalar(createRng(9).normals(1)[0]!), exact)
      const scaled = createRng(9)
        .uniforms(4)
        .map(u => 3 * u - 1)
      await expectClose(createRng(9).uniform([4], -1, 2), tf.tensor1d(scaled), exact)
    })
  })
})

describe('messages', () => {
  const rng = createRng(0)
  const bad = (value: unknown) => value as number

  it.each<[string, () => unknown, typeof Error, string]>([
    [
      'seed',
      () => createRng(-1),
      RangeError,
      'core.createRng: seed must be an integer in [0, 9007199254740991], got -1.',
    ],
    [
      'no seed',
      () => createRng(bad(undefined)),
      TypeError,
      'core.createRng: seed must be an integer in [0, 9007199254740991], got undefined.',
    ],
    [
      'uniforms',
      () => rng.uniforms(1.5),
      RangeError,
      'core.Rng.uniforms: n must be an integer >= 0, got 1.5.',
    ],
    [
      'normals',
      () => rng.normals(Number.NaN),
      RangeError,
      'core.Rng.normals: n must be an integer >= 0, got NaN.',
    ],
    [
      'integers',
      () => rng.integers(1, 0),
      RangeError,
      'core.Rng.integers: below must be an integer in [1, 2147483648], got 0.',
    ],
    [
      'permutation',
      () => rng.permutation(-1),
      RangeError,
      'core.Rng.permutation: n must be an integer >= 0, got -1.',
    ],
    [
      'uniform',
      () => rng.uniform([1], 2, 1),
      RangeError,
      'core.Rng.uniform: max must be a finite number >= 2, got 1.',
    ],
    [
      'fork',
      () => rng.fork(0.5),
      RangeError,
      'core.Rng.fork: key must be an integer in [0, 9007199254740991], got 0.5.',
    ],
    [
      'fork',
      () => rng.fork(bad({})),
      TypeError,
      'core.Rng.fork: key must be a string or an integer, got an object.',
    ],
  ])('of %s', (_, call, Kind, message) => {
    expect(call).toThrow(new Kind(message))
  })
})
