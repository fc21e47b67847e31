import { alongBatch, createRng, type LossContext } from '@rectified-flow/core'
import { adaptiveWeight, pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

describe('adaptiveWeight', () => {
  let [a, b, context] = [] as unknown as [tf.Tensor, tf.Tensor, LossContext]
  beforeAll(() => {
    a = createRng(1).normal([3, 4, 4, 2])
    b = createRng(2).normal([3, 4, 4, 2])
    context = { t: tf.zeros([3]), xt: a, x: b }
  })

  it.each([0, 0.5, 1])('weighs value and gradient by (value + epsilon)^-%s', async power => {
    const value = squaredL2(a, b)
    const weight = tf.pow(tf.add(value, 0.1), -power)
    const loss = adaptiveWeight(squaredL2, { power, epsilon: 0.1 })
    await expectClose(loss(a, b, context), tf.mul(value, weight), f32)
    const gradient = tf.grad(x => loss(x, b, context))(a)
    const plain = tf.grad(x => squaredL2(x, b))(a)
    await expectClose(gradient, tf.mul(plain, alongBatch(weight, plain)), f32)
  })

  it('is 0 with gradient 0 for equal images', async () => {
    const loss = adaptiveWeight(pseudoHuber())
    await expectClose(loss(tf.clone(a), a, context), [0, 0, 0], exact)
    await expectClose(tf.grad(x => loss(x, a, context))(tf.clone(a)), tf.zeros(a.shape), exact)
  })

  it('leaves nothing behind', async () => {
    const loss = adaptiveWeight(squaredL2)
    await expectNoLeak(() => tf.dispose([loss(a, b, context), tf.grad(x => loss(x, b, context))(a)]))
  })

  it('says what is wrong', () => {
    const where = 'losses-lpips-huber.adaptiveWeight'
    expect(() => adaptiveWeight(squaredL2, { power: -1 })).toThrow(
      new RangeError(`${where}: power must be a finite number >= 0, got -1.`),
    )
    expect(() => adaptiveWeight(squaredL2, { epsilon: 0 })).toThrow(
      new RangeError(`${where}: epsilon must be a finite number >= 5e-324, got 0.`),
    )
  })
})
