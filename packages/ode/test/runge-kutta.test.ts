import {
  bosh3,
  dopri5,
  embeddedPair,
  midpoint,
  rk4,
  rungeKutta,
  solve,
  solveAdaptive,
} from '@rectified-flow/ode'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { testMethod } from './conformance.js'

const ralston = rungeKutta({ name: 'ralston', order: 2, a: [[], [2 / 3]], b: [1 / 4, 3 / 4], c: [0, 2 / 3] })
testMethod(ralston, { order: 2, nfe: 2 })

it('is exact for polynomials in t up to its order', async () => {
  const x = tf.tensor1d([0])
  // x' = 4t³: x(1) = 1
  await expectClose(solve((_, t) => tf.mul(4, tf.pow(t, 3)), x, { method: rk4, times: [0, 1] }).x, [1], sum)
  await expectClose(solve((_, t) => tf.mul(2, t), x, { method: midpoint, times: [0, 1] }).x, [1], sum)
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
    [
      make({ order: 3 }),
      'ode.rungeKutta: b must meet the conditions of order 3, got 0.5 for 0.3333333333333333 in a condition of order 3.',
    ],
    [make({ order: 0 }), 'ode.rungeKutta: order must be an integer in [1, 10], got 0.'],
  ]
  for (const [body, message] of failures) expect(body).toThrow(new RangeError(message))
})

describe('embeddedPair', () => {
  const options = { name: 'heunEuler', order: 2, a: [[], [1]], b: [0.5, 0.5], c: [0, 1] }
  const errors = [{ order: 1, weights: [-0.5, 0.5, 0] }]

  it('makes a pair from a tableau and an estimate', async () => {
    const method = embeddedPair({ ...options, errors })
    expect([method.errorOrder, method.dense.weights(1)]).toEqual([1, [0.5, 0.5, 0]])
    const { x } = await solveAdaptive(tf.neg, tf.ones([1]), { method, span: [0, 1], rtol: 1e-4 })
    await expectClose(x, [Math.exp(-1)], { rtol: 1e-3, atol: 0 })
  })

  it('refuses one that is not consistent', () => {
    const { a, b, c } = dopri5.tableau
    const failures: [object, string][] = [
      [{ errors: [] }, 'errors.length must be an integer >= 1, got 0.'],
      [
        { errors: [{ order: 1, weights: [0.5, -0.5] }] },
        'errors[0].weights.length must be an integer in [3, 3], got 2.',
      ],
      [{ errors: [{ order: 1, weights: [0.5, 0, 0] }] }, 'errors[0].weights must sum to 0, got 0.5.'],
      [
        { ...bosh3.tableau, order: 3, errors: [{ order: 3, weights: bosh3.errors[0]?.weights }] },
        'b - errors[0].weights must meet the conditions of order 3, got 0.375 for 0.3333333333333333 in a condition of order 3.',
      ],
      [
        { errors, dense: { weights: () => [1] } },
        'dense.weights(1).length must be an integer in [3, 3], got 1.',
      ],
      [{ errors, dense: { weights: () => [1, 0, 0] } }, 'dense.weights(1)[0] must sum to 0.5, got 1.'],
    ]
    for (const [changes, message] of failures)
      expect(() => embeddedPair({ ...options, errors, ...changes })).toThrow(
        new RangeError(`ode.embeddedPair: ${message}`),
      )
    expect(() => embeddedPair({ name: 'mine', order: 6, a, b, c, errors: dopri5.errors })).toThrow(
      /^ode\.rungeKutta: b must meet the conditions of order 6, got /,
    )
  })
})
