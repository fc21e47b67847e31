import { conv2d, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import { compute } from './backends.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(4)
const shape = [3, 4, 5, 21]
const input = { shape, data: rng.normals(3 * 4 * 5 * 21) }

for (const axes of [undefined, [0], [3], [1, 2], [2, 1], [0, 1, 2], [1, 2, 3], [-1], [0, 2], [1, 3], []])
  for (const keepDims of [false, true])
    it(`sum over [${axes}]${keepDims ? ', axes kept' : ''}`, async () => {
      const body = (x: tf.Tensor) => {
        const total = (x: tf.Tensor) => tf.sum(x, axes, keepDims)
        return [total(x), tf.grad(total)(x)]
      }
      const expected = await compute('cpu', [input], body)
      const actual = await compute('wasm', [input], body)
      for (const [i, { shape, data }] of actual.entries()) {
        expect(shape).toEqual(expected[i]!.shape)
        await expectClose(data, expected[i]!.data, { rtol: 1e-5, atol: 1e-5 })
      }
    })

for (const axis of [0, 1, 3, -1])
  it(`concat and split along axis ${axis}`, async () => {
    const at = axis < 0 ? axis + 4 : axis
    const sizes = [1, shape[at]! - 1]
    const body = (x: tf.Tensor) => {
      const parts = tf.split(x, sizes, axis)
      const back = (a: tf.Tensor, b: tf.Tensor) => tf.mul(tf.concat([b, a, b], axis), 2)
      return [...parts, back(parts[0]!, parts[1]!), ...tf.grads(back)([parts[0]!, parts[1]!])]
    }
    const expected = await compute('cpu', [input], body)
    const actual = await compute('wasm', [input], body)
    for (const [i, { shape, data }] of actual.entries()) {
      expect(shape).toEqual(expected[i]!.shape)
      await expectClose(data, expected[i]!.data, i < 3 ? exact : f32)
    }
  })

for (const [begin, size] of [
  [[1], [1]],
  [0, [2, 4, 5, 21]],
  [
    [0, 1, 0, 0],
    [3, 2, 5, 21],
  ],
  [
    [0, 0, 0, 4],
    [-1, -1, -1, 17],
  ],
  [
    [1, 1, 1, 1],
    [2, 2, 2, 2],
  ],
  [0, [3, 4, 5, 21]],
] as [number | number[], number[]][])
  it(`slice from [${begin}] of size [${size}]`, async () => {
    const body = (x: tf.Tensor) => {
      const part = (x: tf.Tensor) => tf.mul(tf.slice(x, begin, size), 2)
      return [part(x), tf.grad(part)(x)]
    }
    const expected = await compute('cpu', [input], body)
    const actual = await compute('wasm', [input], body)
    for (const [i, { shape, data }] of actual.entries()) {
      expect(shape).toEqual(expected[i]!.shape)
      await expectClose(data, expected[i]!.data, exact)
    }
  })

it('leaves other types and empty tensors to the stock kernels', async () => {
  await useBackend('wasm')
  await scope(async () => {
    await expectClose(tf.sum(tf.tensor1d([1, 2, 3], 'int32')), tf.scalar(6, 'int32'))
    expect(tf.sum(tf.zeros([0, 3]), 0).shape).toEqual([3])
    const text = tf.concat([tf.tensor1d(['a']), tf.tensor1d(['b'])])
    expect(await text.data()).toEqual(['a', 'b'])
    await expectClose(tf.concat([tf.tensor1d([true], 'bool'), tf.tensor1d([false], 'bool')]), [1, 0])
    await expectClose(tf.concat([tf.zeros([0, 2]), tf.ones([1, 2])]), tf.ones([1, 2]))
    await expectClose(tf.split(tf.tensor1d([1, 2], 'int32'), 2)[1]!, tf.tensor1d([2], 'int32'), exact)
    await expectClose(tf.slice(tf.tensor1d([1, 2], 'int32'), 1), tf.tensor1d([2], 'int32'), exact)
    expect(tf.slice(tf.ones([2, 3]), [0, 1], [2, 0]).shape).toEqual([2, 0])
    expect(() => tf.slice(tf.ones([2, 3]), [1, 0], [2, 3])).toThrow()
  })
})

it('adds a million numbers to float32 precision', async () => {
  await useBackend('wasm')
  await scope(async () => {
    const x = tf.fill([1000, 1000], 0.1)
    await expectClose(tf.sum(x), tf.scalar(1e6 * Math.fround(0.1)), f32)
    await expectClose(tf.sum(x, 0), tf.fill([1000], 1e3 * Math.fround(0.1)), f32)
  })
})

it('makes one-hot rows of any dtype', async () => {
  await useBackend('wasm')
  const indices = tf.tensor1d([1, 0], 'int32')
  await expectClose(
    tf.oneHot(indices, 3, 2, -1, 'float32'),
    tf.tensor2d([
      [-1, 2, -1],
      [2, -1, -1],
    ]),
    exact,
  )
  await expectClose(
    tf.oneHot(indices, 3),
    tf.tensor2d(
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      [2, 3],
      'int32',
    ),
    exact,
  )
})

it('accepts a reshaped bias', async () => {
  const body = (x: tf.Tensor) => [
    conv2d(x as tf.Tensor4D, tf.ones([3, 3, 21, 8]), tf.reshape(tf.reshape(tf.range(0, 8), [1, 8]), [8])),
  ]
  const expected = await compute('cpu', [input], body)
  const actual = await compute('wasm', [input], body)
  await expectClose(actual[0]!.data, expected[0]!.data, { rtol: 1e-5, atol: 1e-4 })
})

it.each([
  ['blocks', [2, 6, 8, 5], 2, 2, 'valid'],
  ['an uneven width', [2, 6, 7, 4], 2, 2, 'same'],
  ['larger windows', [1, 6, 6, 4], 3, 2, 'valid'],
  ['windows that overlap', [1, 6, 6, 4], 2, 1, 'valid'],
] as const)('gradient of average pooling: %s', async (_, shape, size, strides, pad) => {
  const image = { shape: [...shape], data: rng.normals(tf.util.sizeFromShape([...shape])) }
  const body = (x: tf.Tensor) => {
    const pool = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, size, strides, pad)
    const y = pool(x)
    return [tf.grad(pool)(x, tf.reshape(tf.sin(tf.range(0, y.size)), y.shape))]
  }
  const expected = await compute('cpu', [image], body)
  const actual = await compute('wasm', [image], body)
  expect(actual[0]!.shape).toEqual(expected[0]!.shape)
  await expectClose(actual[0]!.data, expected[0]!.data, { rtol: 1e-6, atol: 1e-7 })
})

for (const sides of [
  [3, 2, 64],
  [5, 4],
  [7, 6],
  [2, 300],
])
  it(`softmax of [${sides}]`, async () => {
    const x = { shape: sides, data: rng.normals(tf.util.sizeFromShape(sides)).map(value => 20 * value) }
    const body = (x: tf.Tensor) => [tf.softmax(x), tf.grad(x => tf.square(tf.softmax(x)))(x)]
    const expected = await compute('cpu', [x], body)
    const actual = await compute('wasm', [x], body)
    for (const [i, { shape, data }] of actual.entries()) {
      expect(shape).toEqual(expected[i]!.shape)
      await expectClose(data, expected[i]!.data, { rtol: 2e-6, atol: 1e-6 })
    }
  })

it('softmax of a row with NaN is NaN, and of the others not', async () => {
  const data = Float32Array.of(1, NaN, 2, 3, 1, 1, 1, 1)
  const [y] = await compute('wasm', [{ shape: [2, 4], data }], x => [tf.softmax(x)])
  expect([...y!.data]).toEqual([NaN, NaN, NaN, NaN, 0.25, 0.25, 0.25, 0.25])
})
