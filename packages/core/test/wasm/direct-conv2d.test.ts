import { createRng } from '@rectified-flow/core'
import { useBackend } from '@rectified-flow/core/node'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import { compute } from './backends.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(5)
const numbers = (shape: number[]) => ({ shape, data: rng.normals(shape.reduce((a, b) => a * b, 1)) })
const wave = (shape: number[]) => tf.reshape(tf.sin(tf.range(0, tf.util.sizeFromShape(shape))), shape)

type Pad = 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]]
const uneven: Pad = [
  [0, 0],
  [2, 0],
  [1, 3],
  [0, 0],
]
// Enough pixels for the direct kernel; widths and channels that do and do not fill its tiles of 4 and 8.
for (const [x, filter, pad] of [
  [[2, 33, 31, 4], [3, 3, 4, 8], 'same'],
  [[2, 32, 30, 5], [3, 3, 5, 9], 'same'],
  [[2, 40, 29, 1], [3, 3, 1, 16], 'valid'],
  [[2, 33, 32, 6], [3, 3, 6, 1], 'same'],
  [[2, 33, 32, 7], [2, 4, 7, 3], uneven],
  [[24, 7, 7, 12], [1, 1, 12, 20], 'same'],
  [[64, 5, 5, 3], [5, 5, 3, 6], 'same'],
] as [number[], number[], Pad][])
  it(`x [${x}], filter [${filter}], pad ${pad}`, async () => {
    const body = (x: tf.Tensor, filter: tf.Tensor) => {
      const conv = (x: tf.Tensor, filter: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad)
      const y = conv(x, filter)
      return [y, ...tf.grads(conv)([x, filter], wave(y.shape))]
    }
    const inputs = [numbers(x), numbers(filter)]
    const expected = await compute('cpu', inputs, body)
    const actual = await compute('wasm', inputs, body)
    actual.forEach(({ shape, data }, i) => {
      expect(shape).toEqual(expected[i]!.shape)
      expectClose(data, expected[i]!.data, sum)
    })
  })

it('gives a sample the bits that XNNPACK gives it alone', async () => {
  const inputs = [numbers([8, 14, 14, 17]), numbers([3, 3, 17, 1])]
  const [y, dx, yAlone, dxAlone] = await compute('wasm', inputs, (x, filter) => {
    const conv = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')
    const alone = tf.slice(x, [3, 0, 0, 0], [1, 14, 14, 17])
    const dy = wave([8, 14, 14, 1])
    const dyAlone = tf.slice(dy, [3, 0, 0, 0], [1, 14, 14, 1])
    return [conv(x), tf.grad(conv)(x, dy), conv(alone), tf.grad(conv)(alone, dyAlone)]
  })
  expectClose(yAlone!.data, y!.data.slice(3 * 196, 4 * 196), exact)
  expectClose(dxAlone!.data, dx!.data.slice(3 * 196 * 17, 4 * 196 * 17), exact)
})
