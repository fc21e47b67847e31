import { alongBatch, createRng, type Field, indexedNormal, velocityFromData } from '@rectified-flow/core'
import { ab2, euler, heun, rk4 } from '@rectified-flow/ode'
import { type OvershootingOptions, overshooting, sample, sampleTrajectory } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const rng = createRng(7)
/** The velocity to data that are always 2: Euler's steps are exact. */
const toPoint: Field = (x, t) => velocityFromData<tf.Tensor>(x, tf.fill(x.shape, 2), t)

/** The velocity of normal data, E[z - x given x_t], for mean m and standard deviation s. */
const gaussian =
  (m: number, s: number): Field =>
  (x, t) => {
    const time = alongBatch(t, x)
    const rest = tf.sub(1, time)
    const variance = tf.add(tf.mul(s * s, tf.square(rest)), tf.square(time))
    const slope = tf.div(tf.sub(time, tf.mul(s * s, rest)), variance)
    return tf.sub(tf.mul(slope, tf.sub(x, tf.mul(rest, m))), m)
  }

it('goes past the end, and comes back with noise', async () => {
  const z = createRng(1).normal([3, 2])
  const [t, tNext, over] = [0.75, 0.5, 0.25]
  const x = tf.add(2 * (1 - t), tf.mul(z, t))
  const step = overshooting(euler, { amount: 1, rng }).step(toPoint, x, t, tNext)
  const a = (1 - tNext) / (1 - over)
  const b = Math.sqrt(tNext ** 2 - (a * over) ** 2)
  const fresh = indexedNormal(rng.fork('0.5'), [0, 1, 2], [2])
  await expectClose(
    step.x,
    tf.addN([tf.fill([3, 2], 2 * (1 - tNext)), tf.mul(z, a * over), tf.mul(fresh, b)]),
    f32,
  )
  expect(step.nfe).toBe(1)
})

it.each([
  [0.5, 1],
  [3, 1],
  [1, 2],
] as const)('keeps mean and variance of every marginal: amount %f, deviation %f', async (amount, s) => {
  const m = 1.5
  const z = createRng(2).normal([8000, 1])
  const method = overshooting(rk4, { amount, rng })
  const { states, times } = sampleTrajectory(gaussian(m, s), z, { steps: 24, endTime: 1e-3, method })
  for (const [i, t] of times.entries()) {
    const { mean, variance } = tf.moments(states[i]!)
    const expected = (s * (1 - t)) ** 2 + t ** 2
    await expectClose(mean, m * (1 - t), { rtol: 0, atol: 5 * Math.sqrt(expected / 8000) })
    await expectClose(variance, expected, { rtol: 5 * Math.sqrt(2 / 8000), atol: 0 })
  }
  // The start is forgotten: with the flow itself the correlation is 1.
  const [start, end] = [states[0]!, states.at(-1)!].map(x => tf.sub(x, tf.mean(x))) as [tf.Tensor, tf.Tensor]
  const scale = tf.sqrt(tf.mul(tf.sum(tf.square(start)), tf.sum(tf.square(end))))
  expect(Math.abs(tf.div(tf.sum(tf.mul(start, end)), scale).dataSync()[0]!)).toBeLessThan(0.7)
})

it('with amount 0 is the method', async () => {
  const z = createRng(3).normal([4, 2])
  const none = overshooting(heun, { amount: 0, rng })
  const options = { steps: 5 }
  const plain = sample(gaussian(1, 0.5), z, { ...options, method: heun })
  const same = sample(gaussian(1, 0.5), z, { ...options, method: none })
  await expectClose(same.x, plain.x, sum)
  expect(same.nfe).toBe(plain.nfe)
})

it('draws a sample the same in any batch, by its index', async () => {
  const z = createRng(4).normal([3, 2])
  const draw = (z: tf.Tensor2D, indices: number[]) =>
    sample(gaussian(1, 0.5), z, { steps: 4, method: overshooting(euler, { amount: 1, rng, indices }) }).x
  const all = draw(z, [5, 9, 2])
  await expectClose(draw(tf.slice2d(z, [1, 0], [1, 2]), [9]), tf.slice2d(all, [1, 0], [1, 2]), f32)
})

it('leaks nothing, and says what is wrong', async () => {
  const z = tf.ones([2, 1])
  const make = (options: Partial<OvershootingOptions> = {}) =>
    overshooting(euler, { amount: 1, rng, ...options })
  const method = make()
  await expectNoLeak(() => sample(gaussian(1, 0.5), z, { steps: 3, method, compile: false }).x.dispose())
  expect(() => make({ amount: -1 })).toThrow(
    'reflow.overshooting: amount must be a finite number >= 0, got -1.',
  )
  expect(() => overshooting(ab2, { amount: 1, rng })).toThrow(
    "reflow.overshooting: method must use no earlier steps, got 'ab2'.",
  )
  expect(() => make().step(toPoint, z, 0.5, 0.75)).toThrow(
    'reflow.overshooting: times must fall in [0, 1], got 0.75 after 0.5.',
  )
  expect(() => make({ indices: [1] }).step(toPoint, z, 0.75, 0.5)).toThrow(
    'reflow.overshooting: indices must hold 2 numbers, one a sample, got 1.',
  )
})
