import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

beforeAll(async () => {
  await useBackend('wasm', { threads: 2 })
})
afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(5)
const ops = { add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div }

// As long, one number, repeated before, between and behind; what only tfjs's kernels can do; and sizes that threads share.
it.each([
  [[7], [7]],
  [[4099], [4099]],
  [[3, 5], []],
  [[], [3, 5]],
  [[1], [2, 1, 3]],
  [[1, 9], [9]],
  [[9], [1, 9]],
  [[2, 3, 5], [5]],
  [[5], [2, 3, 5]],
  [
    [2, 3, 5],
    [3, 1],
  ],
  [
    [2, 3, 5],
    [2, 1, 5],
  ],
  [
    [2, 3, 4, 5],
    [2, 1, 1, 5],
  ],
  [
    [2, 3, 4, 5],
    [2, 1, 1, 1],
  ],
  [
    [2, 3, 4, 5],
    [1, 3, 4, 1],
  ],
  [
    [2, 3, 4, 5],
    [1, 3, 1, 5],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [[0, 3], [3]],
  [
    [8, 32, 32, 64],
    [8, 1, 1, 64],
  ],
  [[8, 32, 32, 64], [64]],
  [[8, 32, 32, 64], []],
  [
    [8, 32, 32, 63],
    [8, 32, 32, 63],
  ],
  [
    [8, 256, 256],
    [8, 256, 1],
  ],
])('computes with [%s] and [%s] what the cpu backend does', async (a, b) => {
  const [x, y] = [rng.normal(a), rng.normal(b)]
  // No tf.tidy, which would look for tensors in every byte of its result.
  const bytesOf = (z: tf.Tensor) => {
    const bytes = Buffer.from(z.dataSync().buffer)
    z.dispose()
    return bytes
  }
  const numbers = () => Object.values(ops).map(op => bytesOf(op(x, y)))
  const ours = numbers()
  await useBackend('cpu')
  const expected = numbers()
  await useBackend('wasm')
  for (const [i, values] of ours.entries()) expect(values.equals(expected[i]!)).toBe(true)
  tf.dispose([x, y])
})

const functions = {
  relu: (x: tf.Tensor) => tf.relu(x),
  step: (x: tf.Tensor) => tf.step(x),
  'step with a slope below 0': (x: tf.Tensor) => tf.step(x, 0.25),
  square: (x: tf.Tensor) => tf.square(x),
  sqrt: (x: tf.Tensor) => tf.sqrt(x),
}
describe.each(Object.entries(functions))('%s', (_, f) => {
  it.each([[1], [7], [3, 5, 11], [3, 16_385]])(
    'of [%s, %s, %s] is what the cpu backend computes',
    async (...shape) => {
      const x = rng.normal(shape)
      const ours = f(x)
      const values = ours.dataSync()
      await useBackend('cpu')
      const expected = f(x)
      expect(values).toEqual(expected.dataSync())
      await useBackend('wasm')
      tf.dispose([x, ours, expected])
    },
  )

  it('keeps what is not a number, and takes the largest and the smallest', async () => {
    const numbers = [Number.NaN, Number.POSITIVE_INFINITY, 0, 1e-40, 3e38]
    const ours = f(tf.tensor1d(numbers)).dataSync()
    await useBackend('cpu')
    expect(ours).toEqual(f(tf.tensor1d(numbers)).dataSync())
    await useBackend('wasm')
  })
})
