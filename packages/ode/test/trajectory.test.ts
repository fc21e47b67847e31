import { euler, solve, trajectory } from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('holds the state at every time', () => {
  const x = tf.tensor1d([1, 2])
  const { times, states, nfe } = trajectory(tf.neg, x, { method: euler, steps: 2, span: [0, 1] })
  expect([times, nfe]).toEqual([[0, 0.5, 1], 2])
  expect(states.map(state => [...state.dataSync()])).toEqual([
    [1, 2],
    [0.5, 1],
    [0.25, 0.5],
  ])
})

it('ends where solve ends', async () => {
  const x = tf.tensor1d([1, 2])
  const { states } = trajectory(tf.sin, x, { steps: 5 })
  expect(states.length).toBe(6)
  await expectClose(states[5]!, solve(tf.sin, x, { steps: 5 }).x, exact)
})

it('leaks nothing, also when the field fails', async () => {
  const x = tf.ones([2])
  await expectNoLeak(() => tf.dispose(trajectory(tf.neg, x, { steps: 3 }).states))
  expect(x.isDisposed).toBe(false)
  await expectNoLeak(() => {
    let calls = 0
    const field = (x: tf.Tensor) => {
      if (++calls === 3) throw new Error('no more')
      return tf.neg(x)
    }
    expect(() => trajectory(field, x, { method: euler })).toThrow(new Error('no more'))
  })
})

it('says what is wrong', () => {
  expect(() => trajectory(tf.neg, tf.ones([2]), { steps: 0 })).toThrow(
    new RangeError('ode.trajectory: steps must be an integer >= 1, got 0.'),
  )
})
