import { euler, integrate, solve } from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('gives the states of solve, and may wait between them', async () => {
  const x = tf.tensor1d([1, 2])
  await expectNoLeak(async () => {
    let last: tf.Tensor = tf.clone(x)
    const times: number[] = []
    for (const { x: state, t } of integrate(tf.sin, x, { steps: 4 })) {
      await Promise.resolve()
      times.push(t)
      last.dispose()
      last = tf.clone(state)
    }
    const { x: expected } = solve(tf.sin, x, { steps: 4 })
    await expectClose(last, expected, exact)
    expect(times).toEqual([0.75, 0.5, 0.25, 0])
    tf.dispose([last, expected])
  })
  expect(x.isDisposed).toBe(false)
})

it('frees its state when the loop ends early or never starts', () =>
  expectNoLeak(() => {
    const x = tf.ones([2])
    for (const { step } of integrate(tf.neg, x, { method: euler, steps: 4 })) if (step === 2) break
    expect(() => {
      for (const _ of integrate(tf.neg, x)) throw new Error('stop')
    }).toThrow(new Error('stop'))
    integrate(tf.neg, x)
    x.dispose()
  }))

it('keeps its state when a tidy around a step ends', async () => {
  const x = tf.tensor1d([1])
  const states = integrate(tf.onesLike, x, { method: euler, times: [0, 1, 2] })
  tf.tidy(() => void states.next())
  const second = states.next()
  await expectClose((second.value as { x: tf.Tensor }).x, [3])
  expect(states.next().done).toBe(true)
})

it('checks at the call, not at the first step', () => {
  expect(() => integrate(tf.neg, tf.ones([2]), { times: [0] })).toThrow(
    new RangeError('ode.integrate: times must be an array of at least 2 times, got [0].'),
  )
})
