import { alongBatch, type Field } from '@rectified-flow/core'
import { kencarp4, solveAdaptive, solveDense, solveFloat64, trajectoryAdaptive } from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const limited = { span: [0, 2] as const, returnOnLimit: true }
/** dx/dt = x², which from 1 is 1 / (1 - t). */
const blowUp: Field = x => tf.square(x)

it('gives the last good state where steps run out', async () => {
  const options = { ...limited, maxSteps: 5, rtol: 1e-5 }
  const { x, ends, accepted, rejected } = await solveAdaptive(tf.neg, tf.ones([2, 1]), options)
  const [{ t, limit, stopped }] = ends as [(typeof ends)[0]]
  expect([limit, stopped, accepted + rejected]).toEqual(['steps', false, 5])
  expect(t).toBeGreaterThan(0)
  expect(t).toBeLessThan(2)
  await expectClose(x, tf.fill([2, 1], Math.exp(-t)), { rtol: 1e-4, atol: 0 })
  const whole = await solveAdaptive(tf.neg, tf.ones([2, 1]), limited)
  expect(whole.ends[0]).toMatchObject({ t: 2, limit: undefined })
})

it('gives it where steps become too short, or a state is not finite', async () => {
  const { x, ends } = await solveAdaptive(blowUp, tf.ones([1]), { ...limited, maxSteps: 1e5 })
  expect(['short', 'non-finite']).toContain(ends[0]!.limit)
  expect(ends[0]!.t).toBeCloseTo(1, 2)
  expect(Number.isFinite(x.dataSync()[0])).toBe(true)
  const short = await solveAdaptive(x => tf.mul(x, -1000), tf.ones([1]), {
    ...limited,
    minStep: 0.2,
    firstStep: 0.2,
  })
  expect(short.ends[0]).toMatchObject({ t: 0, limit: 'short', accepted: 0 })
  const nan = await solveAdaptive(x => tf.fill(x.shape, Number.NaN), tf.ones([1]), limited)
  expect(nan.ends[0]).toMatchObject({ t: 0, limit: 'non-finite', accepted: 0 })
  await expectClose(nan.x, [1], { rtol: 0, atol: 0 })
  const host = await solveFloat64(x => x.map(value => value * value), [1], { ...limited, maxSteps: 1e5 })
  expect(host.ends[0]!.t).toBeCloseTo(1, 3)
})

it('lets the other samples go on, with either kind of method', async () => {
  // The second sample blows up at t = 1, the third has no velocity.
  const field: Field = (x, t) => {
    const kinds = tf.tensor2d([[0], [1], [Number.NaN]])
    return tf.add(tf.mul(kinds, tf.square(x)), tf.mul(tf.sub(1, kinds), tf.mul(alongBatch(t, x), x)))
  }
  for (const method of [undefined, kencarp4]) {
    const options = { ...limited, span: [0, 1.5] as const, perSample: true, rtol: 1e-3, maxSteps: 50, ...(method && { method }) } // biome-ignore format: one line
    const { x, ends } = await solveAdaptive(field, tf.ones([3, 1]), options)
    expect(ends.map(end => end.limit === undefined)).toEqual([true, false, false])
    expect(ends.map(end => end.t)).toEqual([1.5, expect.closeTo(1, 1), 0])
    const [first, , third] = x.dataSync()
    expect(first).toBeCloseTo(Math.exp(1.5 ** 2 / 2), 1)
    expect(third).toBe(1)
  }
})

it('gives trajectories and dense solutions as far as they go, and leaks nothing', async () => {
  const options = { returnOnLimit: true, maxSteps: 4, rtol: 1e-5 }
  await expectNoLeak(async () => {
    const x = tf.ones([1])
    const dense = await solveDense(tf.neg, x, { ...options, span: [0, 2] })
    const end = dense.statistics.ends[0]!.t
    const middle = dense.at(end / 2)
    expect(middle.dataSync()[0]).toBeCloseTo(Math.exp(-end / 2), 4)
    expect(() => dense.at(2)).toThrow('t must lie between 0 and')
    const path = await trajectoryAdaptive(tf.neg, x, { ...options, times: [0, end / 2, 2] })
    expect(path.ends[0]!.limit).toBe('steps')
    expect(path.states[2]!.dataSync()[0]).toBeCloseTo(dense.x.dataSync()[0]!, 6)
    dense.dispose()
    tf.dispose([x, middle, ...path.states])
  })
})

it('calls onStep for steps only, and still throws for a wrong tolerance', async () => {
  let told = 0
  const onStep = () => told++
  const { accepted } = await solveAdaptive(tf.neg, tf.ones([1]), { ...limited, maxSteps: 3, onStep })
  expect(told).toBe(accepted)
  await expect(solveAdaptive(tf.neg, tf.zeros([1]), { ...limited, atol: 0 })).rejects.toThrow(
    'atol must be > 0 where the state is 0',
  )
})
