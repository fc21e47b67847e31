import { alongBatch, type Field } from '@rectified-flow/core'
import { euler, heun, type Method, rk4, solve } from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('decays: dx/dt = -x', async () => {
  const x = tf.tensor2d([[1, -2]])
  const { x: y, nfe } = solve(tf.neg, x, { method: rk4, steps: 16, span: [0, 1] })
  await expectClose(y, tf.mul(x, Math.exp(-1)), f32)
  expect(nfe).toBe(64)
})

it('turns: dx/dt = (-x₁, x₀), there and, in reverse time, back', async () => {
  const quarter = tf.tensor2d([[0, 1], [-1, 0]]) // biome-ignore format: a matrix
  const turn: Field = x => tf.matMul(x as tf.Tensor2D, quarter)
  const x = tf.tensor2d([[1, 0], [0, 2]]) // biome-ignore format: a matrix
  const there = solve(turn, x, { method: rk4, steps: 64, span: [0, Math.PI / 2] }).x
  await expectClose(there, [0, 1, -2, 0], sum)
  await expectClose(solve(turn, there, { method: rk4, steps: 64, span: [Math.PI / 2, 0] }).x, x, sum)
})

it('follows time: dx/dt = x cos t on an uneven grid', async () => {
  const times = Array.from({ length: 65 }, (_, i) => 2 * (i / 64) ** 2)
  const x = tf.ones([3, 2, 2, 1])
  const field: Field = (x, t) => tf.mul(x, alongBatch(tf.cos(t), x))
  await expectClose(
    solve(field, x, { method: rk4, times }).x,
    tf.fill([3, 2, 2, 1], Math.exp(Math.sin(2))),
    sum,
  )
})

it('takes 32 Heun steps from 1 to 0 by default', async () => {
  const x = tf.ones([1])
  const { x: y, nfe } = solve(tf.neg, x)
  await expectClose(y, solve(tf.neg, x, { method: heun, steps: 32, span: [1, 0] }).x)
  expect(nfe).toBe(64)
})

it('computes times in float64, each rounded once', () => {
  const seen: number[] = []
  const field: Field = (x, t) => {
    seen.push(t.dataSync()[0]!)
    return tf.zerosLike(x)
  }
  solve(field, tf.ones([1]), { method: euler, steps: 1000 })
  expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => Math.fround((1000 - i) / 1000)))
})

it('calls onStep after each step, and lends it the state', async () => {
  await expectNoLeak(async () => {
    const log: number[][] = []
    const states: tf.Tensor[] = []
    const x = tf.tensor1d([1])
    const { x: y } = solve(tf.onesLike, x, {
      method: euler,
      times: [0, 0.5, 2],
      onStep: ({ x, t, step, steps, nfe }) => {
        log.push([t, step, steps, nfe])
        states.push(tf.clone(x))
      },
    })
    expect(log).toEqual([
      [0.5, 1, 2, 1],
      [2, 2, 2, 2],
    ])
    await expectClose(states[0]!, [1.5])
    await expectClose(states[1]!, y)
    await expectClose(y, [3])
    tf.dispose([x, y, states])
  })
})

it("doesn't dispose the caller's x, whatever the field returns", async () => {
  const x = tf.tensor1d([1])
  const { x: y } = solve(x => x, x, { steps: 2 })
  y.dispose()
  expect(x.isDisposed).toBe(false)
  await expectClose(x, [1])
})

it('can be differentiated', async () => {
  // x(1) = x(0) exp(-rate), so dx(1)/dx(0) = exp(-rate) and dx(1)/drate = -x(0) exp(-rate).
  const end = (x: tf.Tensor, rate: tf.Tensor) =>
    solve(x => tf.neg(tf.mul(x, rate)), x, { method: rk4, steps: 16, span: [0, 1] }).x
  const [dx, dRate] = tf.grads(end)([tf.tensor1d([2]), tf.scalar(0.5)])
  await expectClose(dx!, [Math.exp(-0.5)], sum)
  await expectClose(dRate!, [-2 * Math.exp(-0.5)], sum)
})

it("takes a user's own method, also one that leaves tensors behind", async () => {
  const mine: Method = {
    name: 'mine',
    order: 1,
    step: (field, x, t, tNext) => ({ x: tf.add(x, tf.mul(field(x, tf.fill([2], t)), tNext - t)), nfe: 1 }),
  }
  const x = tf.ones([2])
  const theirs = solve(tf.neg, x, { method: euler }).x
  await expectNoLeak(async () => {
    const { x: y } = solve(tf.neg, x, { method: mine })
    await expectClose(y, theirs)
    y.dispose()
  })
})

it('leaks nothing when onStep throws', () =>
  expectNoLeak(() => {
    const x = tf.ones([2])
    const onStep = ({ step }: { step: number }) => {
      if (step === 2) throw new Error('enough')
    }
    expect(() => solve(tf.neg, x, { steps: 2, onStep })).toThrow(new Error('enough'))
    x.dispose()
  }))

it('says what is wrong', () => {
  const x = tf.ones([2])
  const gone = tf.ones([2])
  gone.dispose()
  const failures: [() => unknown, Error][] = [
    [() => solve(tf.neg, gone), new TypeError('ode.solve: x must be a live tensor, got a disposed one.')],
    [() => solve(tf.neg, tf.scalar(1)), new RangeError('ode.solve: x must have shape [B,...], got [].')],
    [
      () => solve(x as unknown as Field, x),
      new TypeError('ode.solve: field must be a function, got a Tensor.'),
    ],
    [
      () => solve(tf.neg, x, { method: 'heun' as unknown as Method }),
      new TypeError("ode.solve: method must be a method such as heun, got 'heun'."),
    ],
  ]
  for (const [body, error] of failures) expect(body).toThrow(error)
})
