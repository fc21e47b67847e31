import {
  ab2,
  ab3,
  ab4,
  bosh3,
  dop853,
  dopri5,
  euler,
  heun,
  midpoint,
  rk3,
  rk4,
  solve,
  tsit5,
  uniformGrid,
} from '@rectified-flow/ode'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testMethod } from './conformance.js'

testMethod(euler, { order: 1, nfe: 1 })
testMethod(heun, { order: 2, nfe: 2 })
testMethod(midpoint, { order: 2, nfe: 2 })
testMethod(rk3, { order: 3, nfe: 3 })
testMethod(rk4, { order: 4, nfe: 4 })
testMethod(ab2, { order: 2, nfe: 2, later: 1 })
// Their order shows only with many steps: with few, most are the Runge-Kutta steps at the beginning.
testMethod(ab3, { order: 3, nfe: 3, later: 1, end: 3, fewest: 16 })
testMethod(ab4, { order: 4, nfe: 4, later: 1, end: 4, fewest: 32, rounding: 2e-6 })
testMethod(bosh3, { order: 3, nfe: 3 })
testMethod(dopri5, { order: 5, nfe: 6 })
testMethod(tsit5, { order: 5, nfe: 6, end: 1, fewest: 8 })
testMethod(dop853, { order: 8, nfe: 12 })

it('Adams-Bashforth has the textbook weights on an even grid', async () => {
  // Twice the weights, against the velocities 1, 2, 3, 4.
  const weights = { ab2: [3, -1], ab3: [23 / 6, -16 / 6, 5 / 6], ab4: [55 / 12, -59 / 12, 37 / 12, -9 / 12] }
  for (const method of [ab2, ab3, ab4]) {
    const { order } = method
    const x = tf.tensor1d([0])
    const past = Array.from({ length: order - 1 }, (_, i) => ({ t: -1 - i, v: tf.tensor1d([i + 2]) }))
    const step = method.step(() => tf.tensor1d([1]), x, 0, 1, past)
    const expected = weights[method.name as 'ab2'].reduce(
      (total, weight, i) => total + (weight / 2) * (i + 1),
      0,
    )
    await expectClose(step.x, [expected], f32)
    expect(step.nfe).toBe(1)
  }
})

it('Adams-Bashforth keeps its order on an uneven grid', async () => {
  // x' = 3t² is integrated exactly on any grid by a method that uses two earlier velocities.
  const times = uniformGrid(8, [0, 1]).map(t => t ** 1.5)
  for (const method of [ab3, ab4]) {
    const { x } = solve((_, t) => tf.mul(3, tf.square(t)), tf.tensor1d([0]), { method, times })
    await expectClose(x, [1], f32)
  }
})
