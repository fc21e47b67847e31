import { compile, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const rng = createRng(3)

it('computes the same as the function, in every run', async () => {
  const weight = tf.variable(rng.normal([4, 4])) as tf.Variable<tf.Rank.R2>
  const f = (x: tf.Tensor2D, { gain }: { gain: number }) => {
    let y: tf.Tensor = tf.mul(x, gain)
    for (let i = 0; i < 10; i++) y = tf.tanh(tf.matMul(y as tf.Tensor2D, weight))
    return { y, last: tf.neg(y) }
  }
  const compiled = compile(f)
  expect(compiled.name).toBe('f')
  await expectNoLeak(async () => {
    for (let time = 0; time < 6; time++) {
      const x = rng.normal([2, 4])
      const [once, now] = [tf.tidy(() => f(x, { gain: time })), compiled(x, { gain: time })]
      await expectClose(now.y, once.y, exact)
      await expectClose(now.last, once.last, exact)
      tf.dispose([x, once, now])
      tf.tidy(() => weight.assign(tf.mul(weight, 0.9)))
    }
  })
  const compiles = ['node', 'wasm', 'webgpu', 'webgpu-software'].includes(process.env.BACKEND ?? 'cpu')
  expect(compiled.why === undefined).toBe(compiles)
  compiled.dispose()
  weight.dispose()
})

it('says why if the backend compiles nothing', async () => {
  const active = tf.getBackend()
  await useBackend('cpu')
  const f = compile((x: tf.Tensor) => tf.neg(x))
  expect(f.why).toBeUndefined()
  const x = tf.ones([2])
  tf.dispose([f(x), x])
  expect(f.why).toBe('cpu compiles nothing')
  await tf.setBackend(active)
})

it('frees what the function makes and does not return', () => {
  const before = tf.memory().numTensors
  const f = compile(() => {
    tf.ones([3])
    return tf.zeros([2])
  })
  f().dispose()
  expect(tf.memory().numTensors).toBe(before)
})

it('takes tensors, numbers and random streams, and returns tensors', async () => {
  expect(() => compile('sin' as never)).toThrow(
    new TypeError("backends.compile: fn must be a function, got 'sin'."),
  )
  const late = compile((async () => tf.ones([1])) as unknown as () => tf.Tensor)
  expect(() => late()).toThrow(new TypeError('backends.compile: fn must return tensors, got a promise.'))
  expect(() => compile((_: unknown) => tf.ones([1]))('gain')).toThrow(
    new TypeError("backends.compile: arguments must be tensors, numbers and random streams, got 'gain'."),
  )
})
