import { alongBatch, createRng, type LossContext, type Premetric } from '@rectified-flow/core'
import {
  l2,
  lpipsHuber,
  perceptualDistance,
  pseudoHuber,
  squaredL2,
  weightedSum,
} from '@rectified-flow/losses-lpips-huber'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { expectGradient } from './gradients.js'
import { smoothPyramid } from './smooth-pyramid.js'

const SHAPE = [4, 8, 8, 1]

/** A training sample: data, the interpolation at t, the target velocity and a prediction near it. */
function sample(t: number[] = [1e-5, 0.3, 0.7, 0.99999]) {
  const [x, z, error] = [2, 3, 4].map(seed => createRng(seed).normal(SHAPE)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ]
  const time = tf.tensor1d(t)
  const mix = alongBatch(time, x)
  const xt = tf.add(tf.mul(tf.sub(1, mix), x), tf.mul(mix, z))
  const target = tf.sub(z, x)
  const context: LossContext = { t: time, xt, x }
  return { prediction: tf.add(target, tf.mul(error, 0.5)), target, context }
}

describe('lpipsHuber', () => {
  const distance = perceptualDistance(smoothPyramid)

  it.each([false, true])(
    'is (1 - t) huber + weight distance(x_t - t v, x), divideByT %s',
    async divideByT => {
      const { prediction, target, context } = sample()
      const { t, xt, x } = context
      const loss = lpipsHuber(distance, { divideByT, perceptualWeight: 0.25 })
      const guess = tf.sub(xt, tf.mul(alongBatch(t, prediction), prediction)) as tf.Tensor4D
      const perceptual = tf.mul(distance(guess, x as tf.Tensor4D), divideByT ? tf.div(0.25, t) : 0.25)
      const huber = tf.mul(tf.sub(1, t), pseudoHuber()(prediction, target))
      await expectClose(loss(prediction, target, context), tf.add(huber, perceptual), f32)
      const parts = loss.parts(prediction, target, context)
      expect(Object.keys(parts)).toEqual(['huber', 'perceptual'])
      await expectClose(parts.huber, huber, f32)
      await expectClose(parts.perceptual, perceptual, f32)
    },
  )

  it.each([false, true])(
    'is 0 with a gradient near 0 for the true velocity, divideByT %s',
    async divideByT => {
      const { target, context } = sample([0, 0.3, 0.7, 1])
      const loss = lpipsHuber(distance, { divideByT })
      const { value, grad } = tf.valueAndGrad(v => loss(v, target, context))(target, tf.ones([4]))
      // x_t - t (z - x) is x up to float32's rounding.
      await expectClose(value, [0, 0, 0, 0], { rtol: 0, atol: 1e-9 })
      await expectClose(grad, tf.zeros(SHAPE), { rtol: 0, atol: 1e-5 })
    },
  )

  it.each([false, true])('has the gradient of finite differences at every t, divideByT %s', divideByT => {
    for (const t of [0, 1e-5, 0.3, 0.99999, 1]) {
      const { prediction, target, context } = sample([t, t, t, t])
      const loss = lpipsHuber(distance, { divideByT })
      expectGradient(v => loss(v, target, context), prediction, { rtol: 1e-2 })
    }
  })

  it('falls as t near t = 0 with 1/t, so that its value at 0 is the limit', async () => {
    const loss = lpipsHuber(distance, { divideByT: true })
    const at = (t: number) => {
      const { prediction, target, context } = sample([t, t, t, t])
      return tf.mean(loss.parts(prediction, target, context).perceptual).dataSync()[0]!
    }
    expect(at(0)).toBe(0)
    await expectClose(at(2e-3) / at(1e-3), 2, { rtol: 0.05, atol: 0 })
  })

  it('gives a sample alone the same as in a batch', async () => {
    const { prediction, target, context } = sample()
    const loss = lpipsHuber(distance, { divideByT: true })
    const batch = loss(prediction, target, context)
    for (let i = 0; i < 4; i++) {
      const one = <T extends tf.Tensor>(x: T): T => tf.slice(x, i, 1)
      const own = { t: one(context.t), xt: one(context.xt), x: one(context.x) }
      await expectClose(loss(one(prediction), one(target), own), one(batch), sum)
    }
  })

  it('leaves nothing behind', async () => {
    const { prediction, target, context } = sample()
    const loss = lpipsHuber(distance)
    await expectNoLeak(() => {
      tf.dispose(loss(prediction, target, context))
      tf.dispose(loss.parts(prediction, target, context))
      tf.grad(v => loss(v, target, context))(prediction).dispose()
    })
  })

  it('says what is wrong', () => {
    const { prediction, target, context } = sample()
    const where = 'losses-lpips-huber.lpipsHuber'
    const loss = lpipsHuber(distance)
    expect(() => lpipsHuber(distance, { perceptualWeight: -1 })).toThrow(
      new RangeError(`${where}: perceptualWeight must be a finite number >= 0, got -1.`),
    )
    expect(() => loss(prediction, target, { ...context, t: tf.zeros([3]) })).toThrow(
      new RangeError(`losses-lpips-huber.weightedSum: t must have shape [4], got [3].`),
    )
    expect(() => loss(prediction, target, { ...context, xt: tf.zeros([4, 8, 8, 2]) })).toThrow(
      new RangeError(`${where}: xt must have shape [4,8,8,1], got [4,8,8,2].`),
    )
    expect(() => loss(prediction, target, { ...context, x: tf.zeros([4, 8]) })).toThrow(
      new RangeError(`${where}: x must have shape [4,8,8,1], got [4,8].`),
    )
  })
})

describe('weightedSum', () => {
  it('sums premetrics with constant and time-dependent weights', async () => {
    const { prediction, target, context } = sample()
    const loss: Premetric = weightedSum({
      squared: { premetric: squaredL2, weight: 2 },
      root: { premetric: l2, weight: t => tf.square(t) },
      huber: { premetric: pseudoHuber() },
    })
    const expected = tf.addN([
      tf.mul(squaredL2(prediction, target), 2),
      tf.mul(l2(prediction, target), tf.square(context.t)),
      pseudoHuber()(prediction, target),
    ])
    await expectClose(loss(prediction, target, context), expected, f32)
    await expectClose(loss(target, target, context), [0, 0, 0, 0], exact)
  })
})
