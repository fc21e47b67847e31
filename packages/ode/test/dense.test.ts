import { alongBatch, type Field } from '@rectified-flow/core'
import {
  bosh3,
  type DenseSolution,
  dop853,
  dopri5,
  solveAdaptive,
  solveDense,
  trajectoryAdaptive,
  tsit5,
} from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const forced: Field = (x, t) => tf.sub(alongBatch(tf.add(tf.cos(t), tf.sin(t)), x), x)
/** Each row has its own rate: its solution is exp(-rate t). */
const decay: Field = x => tf.neg(tf.mul(x, tf.tensor2d([[0.5], [20]])))

describe.each([bosh3, dopri5, tsit5, dop853])('$name', method => {
  it('gives the state at every time, as accurately as at its steps', async () => {
    const steps: number[] = []
    const options = {
      method,
      span: [0, 5] as const,
      rtol: 1e-4,
      onStep: ({ t }: { t: number }) => steps.push(t),
    }
    const dense = await solveDense(forced, tf.zeros([1, 1]), options)
    for (let t = 0; t <= 5; t += 0.037) {
      const [x] = dense.at(t).dataSync()
      expect(Math.abs(x! - Math.sin(t))).toBeLessThan(2e-3)
    }
    const plain = await solveAdaptive(forced, tf.zeros([1, 1]), options)
    await expectClose(dense.x, plain.x, f32)
    await expectClose(dense.at(5), dense.x, { rtol: 0, atol: 1e-6 })
    expect(dense.statistics.nfe).toBe(plain.nfe + (method === dop853 ? 3 * plain.accepted : 0))
  })

  it('gives each sample its own steps and state', async () => {
    const x = tf.ones([2, 1])
    const options = { method, span: [0, 1] as const, rtol: 1e-4, perSample: true }
    const dense = await solveDense(decay, x, options)
    for (const t of [0, 0.01, 0.3, 0.77, 1])
      await expectClose(dense.at(t), [Math.exp(-0.5 * t), Math.exp(-20 * t)], { rtol: 0, atol: 1e-3 })
    await expectClose(dense.at([0.2, 0.1]), [Math.exp(-0.1), Math.exp(-2)], { rtol: 0, atol: 1e-3 })
    const times = [0, 0.01, 0.3, 0.77, 1]
    const { states } = await trajectoryAdaptive(decay, x, { times, method, rtol: 1e-4, perSample: true })
    for (const [i, t] of times.entries()) await expectClose(states[i]!, dense.at(t), { rtol: 0, atol: 1e-6 })
  })
})

it('output times do not change the steps, forward or backward', async () => {
  const x = tf.zeros([1, 1])
  const { states, times, ends, nfe } = await trajectoryAdaptive(forced, x, {
    times: [0, 0.5, 0.51, 2],
    rtol: 1e-5,
  })
  for (const [i, t] of times.entries()) await expectClose(states[i]!, [Math.sin(t)], { rtol: 0, atol: 1e-4 })
  const plain = await solveAdaptive(forced, x, { span: [0, 2], rtol: 1e-5 })
  expect([nfe, ends]).toEqual([plain.nfe, plain.ends])
  await expectClose(states[3]!, plain.x, f32)
  const back = await trajectoryAdaptive(forced, plain.x, { times: [2, 1.3, 0], rtol: 1e-5 })
  await expectClose(back.states[1]!, [Math.sin(1.3)], { rtol: 0, atol: 1e-3 })
})

it('after an event the state stays the same', async () => {
  const event = { value: (x: tf.Tensor) => tf.sub(tf.reshape(x, [-1]), 0.25) }
  const x = tf.zeros([1, 1])
  const { states, ends } = await trajectoryAdaptive(tf.onesLike, x, { times: [0, 0.1, 0.5, 1], event })
  for (const [i, value] of [0, 0.1, 0.25, 0.25].entries())
    await expectClose(states[i]!, [value], { rtol: 0, atol: 1e-5 })
  expect(ends[0]?.stopped).toBe(true)
  const dense = await solveDense(tf.onesLike, x, { span: [0, 1], event })
  await expectClose(dense.x, [0.25], { rtol: 0, atol: 1e-5 })
  expect(() => dense.at(0.5)).toThrow(RangeError)
})

it('leaks nothing, also when the field fails', async () => {
  const x = tf.zeros([2, 1])
  let dense: DenseSolution | undefined
  for (const perSample of [false, true]) {
    await expectNoLeak(async () => {
      dense = await solveDense(forced, x, { method: dop853, span: [0, 3], perSample })
      dense.at(1.5).dispose()
      dense.dispose()
      dense.dispose()
    })
    await expectNoLeak(async () => {
      const { states } = await trajectoryAdaptive(forced, x, { times: [0, 1, 3], method: dop853, perSample })
      tf.dispose(states)
    })
    for (const failing of [1, 2, 9, 17])
      await expectNoLeak(async () => {
        let made = 0
        const field: Field = (y, t) => {
          if (++made >= failing) throw new Error('no more')
          return forced(y, t)
        }
        const options = { perSample, method: dop853, maxStep: 0.5 }
        await expect(solveDense(field, x, { ...options, span: [0, 3] })).rejects.toThrow('no more')
        await expect(trajectoryAdaptive(field, x, { ...options, times: [0, 0.2, 3] })).rejects.toThrow(
          'no more',
        )
      })
  }
})

it('says what is wrong', async () => {
  const dense = await solveDense(forced, tf.zeros([1, 1]), { span: [0, 1] })
  expect(() => dense.at(2)).toThrow(
    new RangeError('ode.DenseSolution.at: t must lie between 0 and 1, got 2.'),
  )
  expect(() => dense.at([0, 1])).toThrow(
    new RangeError('ode.DenseSolution.at: t must have 1 times, got [0,1].'),
  )
  await expect(trajectoryAdaptive(forced, tf.zeros([1, 1]), { times: [1] })).rejects.toThrow(
    new RangeError('ode.trajectoryAdaptive: times must be an array of at least 2 times, got [1].'),
  )
})
