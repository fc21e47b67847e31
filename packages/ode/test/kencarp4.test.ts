import { alongBatch, type Field } from '@rectified-flow/core'
import { dopri5, implicitPair, kencarp4, solveAdaptive, solveDense, solveFloat64 } from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

/** Prothero and Robinson: x = cos t, which all other solutions meet within 1 / rate. */
const pulled = (rate: number) => (x: Float64Array, t: number) => [-rate * (x[0]! - Math.cos(t)) - Math.sin(t)]
const pulledTensors =
  (rate: number): Field =>
  (x, t) => {
    const time = alongBatch(t, x)
    return tf.sub(tf.mul(-rate, tf.sub(x, tf.cos(time))), tf.sin(time))
  }

it('has order 4, both ways in time', async () => {
  const error = async (steps: number, [start, end]: readonly [number, number]) => {
    const h = Math.abs(end - start) / steps
    const field = (x: Float64Array, t: number) => [Math.cos(t) + Math.sin(t) - x[0]!]
    // The tolerance decides how exactly the stages are solved; as large as atol is here, every step is accepted.
    const even = { method: kencarp4, firstStep: h, maxStep: h, rtol: 0, atol: 1e-3 * h ** 3 }
    const { x, accepted } = await solveFloat64(field, [Math.sin(start)], { ...even, span: [start, end] })
    expect(accepted).toBe(steps)
    return Math.abs(x[0]! - Math.sin(end))
  }
  for (const span of [[0, 2], [2, 0]] as const) // biome-ignore format: one line
    for (const steps of [8, 16]) {
      const order = Math.log2((await error(steps, span)) / (await error(2 * steps, span)))
      expect(Math.abs(order - 4)).toBeLessThan(0.2)
    }
})

it('takes steps as long as the solution allows, where an explicit method is held back', async () => {
  const options = { span: [0, 2] as const, rtol: 1e-5, atol: 1e-8 }
  const implicit = await solveFloat64(pulled(1e6), [1], { ...options, method: kencarp4 })
  expect(Math.abs(implicit.x[0]! - Math.cos(2))).toBeLessThan(1e-6)
  expect(implicit.accepted).toBeLessThan(100)
  const explicit = await solveFloat64(pulled(1e4), [1], { ...options, method: dopri5, maxSteps: 1e5 })
  expect(explicit.accepted).toBeGreaterThan(1000)
})

it('solves a batch in float32, of stiff and lazy samples, each as if alone', async () => {
  const rates = [1, 1e3, 1e5]
  const field: Field = (x, t) => {
    const time = alongBatch(t, x)
    const scale = alongBatch(tf.tensor1d(rates), x)
    return tf.sub(tf.mul(tf.neg(scale), tf.sub(x, tf.cos(time))), tf.sin(time))
  }
  const start = tf.tensor2d([[1, 1.5], [1, 1.5], [1, 1.5]]) // biome-ignore format: a matrix
  const options = { method: kencarp4, span: [0, 2] as const, rtol: 1e-3, atol: 1e-4, perSample: true }
  const batch = await solveAdaptive(field, start, options)
  for (const [i, rate] of rates.entries()) {
    const alone = await solveAdaptive(pulledTensors(rate), tf.slice(start, [i, 0], [1, 2]), options)
    await expectClose(tf.slice(batch.x, [i, 0], [1, 2]), alone.x, { rtol: 1e-4, atol: 1e-5 })
    expect(Math.abs(alone.x.dataSync()[0]! - Math.cos(2))).toBeLessThan(2e-3)
    expect(batch.ends[i]!.accepted).toBeLessThan(60)
  }
})

it('couples all numbers of a sample: diffusion on a line of 32', async () => {
  // dx/dt = 1000 times the second difference, whose slowest sine falls as exp(-1000 (2 - 2 cos(pi/33)) t); the fastest by e^-3990 t.
  const n = 32
  const sine = Float64Array.from({ length: n }, (_, i) => Math.sin((Math.PI * (i + 1)) / (n + 1)))
  const field = (x: Float64Array) =>
    x.map((value, i) => 1000 * ((x[i - 1] ?? 0) - 2 * value + (x[i + 1] ?? 0)))
  const rough = sine.map((value, i) => value + 0.1 * (i % 2 ? 1 : -1))
  const rate = 1000 * (2 - 2 * Math.cos(Math.PI / (n + 1)))
  const solve = (x: Float64Array) =>
    solveFloat64(field, x, { method: kencarp4, span: [0, 0.1], rtol: 1e-6, atol: 1e-9 })
  const [smooth, noisy] = [await solve(sine), await solve(rough)]
  for (const [i, value] of smooth.x.entries()) expect(value).toBeCloseTo(sine[i]! * Math.exp(-rate * 0.1), 5)
  expect(noisy.x.every((value, i) => Math.abs(value - smooth.x[i]!) < 0.1)).toBe(true)
  expect(noisy.accepted).toBeLessThan(80)
})

it('has dense output, and leaks nothing, also where the field fails', async () => {
  await expectNoLeak(async () => {
    const x = tf.ones([2, 1])
    const dense = await solveDense(pulledTensors(100), x, {
      method: kencarp4,
      span: [0, 1],
      rtol: 1e-4,
      atol: 1e-5,
    })
    for (const t of [0.1, 0.35, 0.8]) {
      const state = dense.at(t)
      expect(state.dataSync()[0]).toBeCloseTo(Math.cos(t), 2)
      state.dispose()
    }
    dense.dispose()
    x.dispose()
  })
  for (const failing of [1, 3, 4, 7, 20])
    await expectNoLeak(async () => {
      const x = tf.ones([2, 1])
      let made = 0
      const field: Field = (y, t) => {
        if (++made === failing) throw new Error('no more')
        return pulledTensors(100)(y, t)
      }
      const run = solveAdaptive(field, x, { method: kencarp4, span: [0, 10] })
      await expect(run).rejects.toThrow(new Error('no more'))
      x.dispose()
    })
})

it('checks the tableau of a pair of your own', () => {
  // The trapezium rule in two halves (Bank et al.), without an estimate that can be checked.
  const trapezium = {
    name: 'trapezium',
    order: 2,
    a: [[0], [1 / 2, 1 / 2]],
    c: [0, 1],
    error: { order: 1, weights: [-1 / 2, 1 / 2] },
  }
  expect(implicitPair(trapezium).gamma).toBe(1 / 2)
  expect(() => implicitPair({ ...trapezium, a: [[0], [1 / 4, 3 / 4]] })).toThrow(
    'ode.implicitPair: b must meet the conditions of order 2, got 0.75 for 0.5 in a condition of order 2.',
  )
  expect(() => implicitPair({ ...trapezium, a: [[0], [1]] })).toThrow(
    'ode.implicitPair: a[1].length must be an integer in [2, 2], got 1.',
  )
  expect(() => implicitPair({ ...trapezium, error: { order: 1, weights: [0, 1] } })).toThrow(
    'ode.implicitPair: error.weights must sum to 0, got 1.',
  )
})
