import { createRng } from '@rectified-flow/core'
import { l2, pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectGradient } from './gradients.js'

type Loss = (prediction: tf.Tensor, target: tf.Tensor) => tf.Tensor1D

const losses: [name: string, loss: Loss][] = [
  ['squaredL2', squaredL2],
  ['l2', l2],
  ['pseudoHuber', pseudoHuber()],
]

describe.each(losses)('%s', (name, loss) => {
  it('is 0 with gradient 0 for equal images', async () => {
    const x = createRng(1).normal([3, 4, 4, 2])
    const { value, grad } = tf.valueAndGrad(y => loss(y, x))(tf.clone(x), tf.ones([3]))
    await expectClose(value, [0, 0, 0], exact)
    await expectClose(grad, tf.zeros(x.shape), exact)
  })

  it('is accurate for nearly equal images', async () => {
    const near = loss(tf.fill([1, 4, 4, 2], 1e-6), tf.zeros([1, 4, 4, 2])).dataSync()[0]!
    const norm = 1e-6 * Math.sqrt(32)
    const c = 0.00054 * 32
    const expected = { squaredL2: 1e-12, l2: 1e-6, pseudoHuber: norm ** 2 / (2 * c) / 32 }[name]!
    await expectClose(near / expected, 1, sum)
  })

  it('has the gradient of finite differences, for both arguments', () => {
    const [a, b] = [createRng(2).normal([2, 3, 3, 2]), createRng(3).normal([2, 3, 3, 2])]
    expectGradient(x => loss(x, b), a)
    expectGradient(x => loss(a, x), b)
  })

  it('gives a sample alone the same as in a batch, in either order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        async (seed, shape) => {
          const [a, b] = [createRng(seed).normal(shape), createRng(seed + 1).normal(shape)]
          const batch = loss(a, b)
          expect(batch.shape).toEqual([shape[0]])
          await expectClose(loss(b, a), batch, f32)
          for (let i = 0; i < shape[0]!; i++)
            await expectClose(loss(tf.slice(a, i, 1), tf.slice(b, i, 1)), tf.slice(batch, i, 1), f32)
        },
      ),
      { seed: 4, numRuns: 50 },
    )
  })

  it('leaves nothing behind', async () => {
    const [a, b] = [tf.ones([2, 3]), tf.zeros([2, 3])]
    await expectNoLeak(() => tf.dispose([loss(a, b), tf.grad(x => loss(x, b))(a)]))
  })

  it('says what is wrong', () => {
    const where = `losses-lpips-huber.${name}`
    expect(() => loss(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow(
      new RangeError(`${where}: target must have shape [2,3], got [2,4].`),
    )
    expect(() => loss(tf.scalar(1), tf.scalar(1))).toThrow(
      new RangeError(`${where}: prediction must have shape [B,...], got [].`),
    )
    expect(() => loss([1] as never, tf.zeros([1]))).toThrow(
      new TypeError(`${where}: prediction must be a tensor, got [1].`),
    )
  })
})

describe('pseudoHuber', () => {
  it('takes its own c and leaves out the division', async () => {
    const [a, b] = [tf.tensor2d([[3, 4]]), tf.zeros([1, 2])]
    await expectClose(pseudoHuber({ c: 12, divideByDimension: false })(a, b), [1], f32)
    await expectClose(pseudoHuber({ c: 12 })(a, b), [0.5], f32)
  })

  it('refuses a c that is not positive', () => {
    const message = "losses-lpips-huber.pseudoHuber: c must be a number > 0 or 'paper', got 0."
    expect(() => pseudoHuber({ c: 0 })).toThrow(new RangeError(message))
  })
})
