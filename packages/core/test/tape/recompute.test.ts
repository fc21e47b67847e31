import { recompute, vectorJacobian } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const wave = ([x, w]: tf.Tensor[]) => tf.sin(tf.mul(tf.exp(x!), w!))
const inputs = () => [tf.tensor1d([0.1, -0.4, 0.8]), tf.tensor1d([2, 3, 5])]

it('has the value and the gradients of the function itself, also when nested', async () => {
  const gradients = (f: (inputs: tf.Tensor[]) => tf.Tensor) =>
    tf.valueAndGrads((...given) => tf.square(f(given)))(inputs(), tf.tensor1d([1, -1, 2]))
  const plain = gradients(wave)
  const nested = (given: tf.Tensor[]) => recompute(outer => tf.mul(recompute(wave, outer), 1), given)
  for (const f of [(given: tf.Tensor[]) => recompute(wave, given), nested]) {
    const { value, grads } = gradients(f)
    await expectClose(value, plain.value, exact)
    for (const [i, gradient] of grads.entries()) await expectClose(gradient, plain.grads[i]!, exact)
  }
})

it('runs again in the backward pass, and keeps only the inputs until then', () => {
  let runs = 0
  const held = (f: (inputs: tf.Tensor[]) => tf.Tensor) => {
    let tensors = 0
    tf.grads((...given) => {
      const before = tf.memory().numTensors
      const value = f(given)
      tensors = tf.memory().numTensors - before
      return value
    })(inputs())
    return tensors
  }
  const counted = (given: tf.Tensor[]) => {
    runs++
    return wave(given)
  }
  const plain = held(wave)
  expect(held(given => recompute(counted, given))).toBeLessThan(plain)
  expect(runs).toBe(2)
})

it('gives zeros for an input that the function does not use, and leaves nothing behind', async () => {
  const [x, w] = inputs() as [tf.Tensor, tf.Tensor]
  const grads = tf.grads((...given) => recompute(([x]) => tf.square(x!), given))([x, w])
  await expectClose(grads[1]!, tf.zerosLike(w), exact)
  await expectNoLeak(() => tf.dispose(tf.grads((...given) => recompute(wave, given))([x, w])))
})

it('leaves nothing behind when the function throws, in the first run or when it runs again', async () => {
  const [x, w, dy] = [...inputs(), tf.ones([3])] as [tf.Tensor, tf.Tensor, tf.Tensor]
  for (const failing of [1, 2])
    await expectNoLeak(() => {
      let runs = 0
      const fails = (given: tf.Tensor[]) => {
        const value = wave(given)
        if (++runs === failing) throw new Error('no more')
        return value
      }
      const flow = () => tf.sin(recompute(fails, [x, w]))
      expect(() => vectorJacobian(flow, [x, w], dy)).toThrow('no more')
    })
})
