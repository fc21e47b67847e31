import { euler, heun, midpoint, rk4, rungeKutta, solve } from '@rectified-flow/ode'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testMethod } from './conformance.js'

const ralston = rungeKutta({ name: 'ralston', order: 2, a: [[], [2 / 3]], b: [1 / 4, 3 / 4], c: [0, 2 / 3] })
testMethod(ralston, { order: 2, nfe: 2 })

it('makes methods whose tableaus meet the order conditions', () => {
  for (const { order, tableau } of [euler, heun, midpoint, rk4, ralston]) {
    const { a, b, c } = tableau
    const stages = b.map((_, i) => i)
    const dot = (u: readonly number[], v: readonly number[]) =>
      stages.reduce((total, i) => total + (u[i] ?? 0) * (v[i] ?? 0), 0)
    const ac = stages.map(i => dot(a[i] ?? [], c))
    const power = (p: number) => c.map(ci => ci ** p)
    const aPower2 = stages.map(i => dot(a[i] ?? [], power(2)))
    const aac = stages.map(i => dot(a[i] ?? [], ac))
    const cac = ac.map((value, i) => value * (c[i] as number))
    // Hairer, Nørsett, Wanner I, theorem II.2.1: the trees of order 1 to 4, [order, b·φ, 1/γ].
    const conditions: [number, number, number][] = [
      [1, dot(b, power(0)), 1],
      [2, dot(b, c), 1 / 2],
      [3, dot(b, power(2)), 1 / 3],
      [3, dot(b, ac), 1 / 6],
      [4, dot(b, power(3)), 1 / 4],
      [4, dot(b, cac), 1 / 8],
      [4, dot(b, aPower2), 1 / 12],
      [4, dot(b, aac), 1 / 24],
    ]
    for (const [p, value, expected] of conditions) if (p <= order) expect(value).toBeCloseTo(expected, 14)
  }
})

it('is exact for polynomials in t up to its order', () => {
  const x = tf.tensor1d([0])
  // x' = 4t³: x(1) = 1
  expectClose(solve((_, t) => tf.mul(4, tf.pow(t, 3)), x, { method: rk4, times: [0, 1] }).x, [1], sum)
  expectClose(solve((_, t) => tf.mul(2, t), x, { method: midpoint, times: [0, 1] }).x, [1], sum)
})

it('refuses a tableau that is not consistent', () => {
  const make = (changes: object) => () =>
    rungeKutta({ name: 'mine', order: 2, a: [[], [1]], b: [0.5, 0.5], c: [0, 1], ...changes })
  const failures: [() => unknown, string][] = [
    [make({ b: [0.5, 0.4] }), 'ode.rungeKutta: b must sum to 1, got 0.9.'],
    [make({ c: [0, 0.5] }), 'ode.rungeKutta: a[1] must sum to 0.5, got 1.'],
    [make({ a: [[], [Number.NaN]] }), 'ode.rungeKutta: a[1] must sum to 1, got NaN.'],
    [make({ a: [[], [0.5, 0.5]] }), 'ode.rungeKutta: a[1].length must be an integer in [1, 1], got 2.'],
    [make({ c: [0] }), 'ode.rungeKutta: c.length must be an integer in [2, 2], got 1.'],
    [make({ b: [] }), 'ode.rungeKutta: b.length must be an integer >= 1, got 0.'],
    [make({ order: 0 }), 'ode.rungeKutta: order must be an integer >= 1, got 0.'],
  ]
  for (const [body, message] of failures) expect(body).toThrow(new RangeError(message))
})
