import { type BackendName, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

const normal = (shape: number[], seed = 1) => createRng(seed).normal(shape)

const LARGE = [3, 2, 5, 7]

const cases: Record<string, () => tf.Tensor> = {
  'a number for each sample': () => tf.mul(normal(LARGE), normal([3, 1, 1, 1], 2)),
  'a number for each channel': () => tf.add(normal(LARGE), normal([7], 2)),
  'a number for each sample and channel': () => tf.sub(normal(LARGE), normal([3, 1, 1, 7], 2)),
  'a number for each pixel': () => tf.div(normal(LARGE), normal([1, 2, 5, 1], 2)),
  'both sides broadcast': () => tf.mul(normal([3, 1, 5, 1]), normal([2, 1, 7], 2)),
  'a number': () => tf.mul(tf.add(normal(LARGE), 3), -0.5),
  'silu, whose input is used twice': () => {
    const x = tf.add(normal(LARGE), 1)
    return tf.mul(x, tf.sigmoid(x))
  },
  'a chain of small tensors that broadcasts at its end': () => {
    const t = tf.sigmoid(tf.slice(normal([3, 50]), [0, 0], [3, 1]))
    const input = tf.rsqrt(tf.add(tf.square(t), tf.square(tf.mul(tf.sub(1, t), 0.5))))
    return tf.mul(tf.reshape(input, [3, 1, 1, 1]), normal(LARGE, 2))
  },
  'other shapes in the middle': () => {
    const x = tf.reshape(tf.square(normal([6, 35])), LARGE)
    return tf.squaredDifference(x, tf.reshape(tf.exp(normal([210], 2)), LARGE))
  },
  'more tensors than a shader can read': () =>
    Array.from({ length: 20 }, (_, i) => normal(LARGE, i)).reduce((sum, x) => tf.add(tf.mul(sum, 0.9), x)),
  'more operations than an expression has': () => {
    let x = normal(LARGE)
    for (let i = 0; i < 100; i++) x = tf.mul(tf.sigmoid(x), x)
    return x
  },
  'all that waits': () => {
    const x = tf.add(tf.sqrt(tf.square(normal(LARGE))), 0.1)
    const y = tf.sub(tf.exp(tf.neg(x)), tf.squaredDifference(x, tf.sigmoid(x)))
    return tf.clipByValue(tf.add(tf.round(y), tf.rsqrt(x)), -1, 0.5)
  },
  'numbers that are not finite': () => {
    const x = tf.concat([tf.tensor1d([Number.NaN, Infinity, -Infinity, -1]), normal([200])])
    return tf.add(tf.log(x), tf.clipByValue(x, -1, 1))
  },
  'empty tensors': () => tf.add(tf.zeros([0, 3]), normal([3])),
}

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('elementwise operations on WebGPU', () => {
  beforeEach(() => useBackend('webgpu-software'))

  it.each(Object.entries(cases))('%s', async (_, run) => {
    await useBackend('cpu')
    const expected = tf.tidy(run)
    const values = await expected.data()
    await useBackend('webgpu-software')
    await expectNoLeak(async () => {
      const y = tf.tidy(run)
      await expectClose((await y.data()) as Float32Array, values as Float32Array, f32)
      y.dispose()
    })
    expected.dispose()
  })

  it('give what their inputs were, after these are gone', async () => {
    const x = normal(LARGE)
    const y = tf.mul(x, 2)
    const numbers = (await x.data()).map(value => 2 * value)
    x.dispose()
    const other = tf.add(normal(LARGE, 5), normal(LARGE, 6)) // may get x's buffer
    await other.data()
    await expectClose(y, tf.tensor(numbers, LARGE), exact)
    tf.dispose([y, other])
  })

  it('keep no memory', async () => {
    const bytes = () => (tf.memory() as unknown as { numBytesInGPU: number }).numBytesInGPU
    const work = async () => {
      const x = normal([1000])
      const unread = tf.tidy(() => tf.exp(tf.mul(x, 2)))
      const read = tf.tidy(() => tf.sum(tf.add(unread, x)))
      await read.data()
      tf.dispose([x, unread, read])
    }
    await work()
    const [before, buffers] = [bytes(), tf.memory().numDataBuffers]
    for (let i = 0; i < 5; i++) await work()
    expect(bytes()).toBe(before)
    expect(tf.memory().numDataBuffers).toBe(buffers)
  })
})
