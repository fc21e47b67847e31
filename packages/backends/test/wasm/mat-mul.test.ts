import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import { compute } from './backends.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(2)
const batches: [number[], number[]][] = [
  [[], []],
  [[1], [1]],
  [[3], [3]],
  [
    [2, 3],
    [2, 3],
  ],
  [[3], [1]],
  [[1], [3]],
  [
    [2, 1],
    [1, 3],
  ],
]

for (const [left, right] of batches)
  for (const transposeA of [false, true])
    for (const transposeB of [false, true])
      it(`[${left}] x [${right}]${transposeA ? ' A^T' : ''}${transposeB ? ' B^T' : ''}`, async () => {
        const [m, k, n] = [5, 7, 9]
        const shapes = [
          [...left, ...(transposeA ? [k, m] : [m, k])],
          [...right, ...(transposeB ? [n, k] : [k, n])],
        ]
        const inputs = shapes.map(shape => ({ shape, data: rng.normals(shape.reduce((a, b) => a * b, 1)) }))
        const body = (a: tf.Tensor, b: tf.Tensor) => {
          const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, transposeA, transposeB)
          const y = product(a, b)
          // tfjs has no gradient for broadcast batches.
          return String(left) === String(right)
            ? [y, ...tf.grads(product)([a, b], tf.reshape(tf.sin(tf.range(0, y.size)), y.shape))]
            : [y]
        }
        const expected = await compute('cpu', inputs, body)
        const actual = await compute('wasm', inputs, body)
        for (const [i, { shape, data }] of actual.entries()) {
          expect(shape).toEqual(expected[i]!.shape)
          await expectClose(data, expected[i]!.data, sum)
        }
      })

it('uses the new second matrix at the address of an old one', async () => {
  await useBackend('wasm')
  const a = tf.ones([2, 3, 4])
  for (const value of [1, 2, 3])
    await scope(() => expectClose(tf.matMul(a, tf.fill([2, 4, 5], value)), tf.fill([2, 3, 5], 4 * value)))
  a.dispose()
})

it('is zero for sums of no products', async () => {
  await useBackend('wasm')
  await scope(async () => {
    tf.fill([100], 7).dispose() // what memory holds
    const product = tf.matMul(tf.zeros([2, 0, 5]), tf.zeros([2, 0, 8]), true)
    await expectClose(product, tf.zeros([2, 5, 8]), sum)
    expect(tf.matMul(tf.zeros([0, 3, 4]), tf.zeros([0, 3, 5]), true).shape).toEqual([0, 4, 5])
  })
})
