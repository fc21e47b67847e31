import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import { eachProduct } from '../each-product.js'
import { compute } from './backends.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(5)
const numbers = (shape: number[]) => ({ shape, data: rng.normals(shape.reduce((a, b) => a * b, 1)) })
const wave = (shape: number[]) => tf.reshape(tf.sin(tf.range(0, tf.util.sizeFromShape(shape))), shape)

// Tiles round in proportion to the largest result: 2e-6 of it in sums of 9,216 products.
const apart = (expected: Float32Array) => ({
  rtol: 1e-4,
  atol: 4e-6 * expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
})

type Shape = [number, number, number, number]
type Pad = 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]]
const uneven: Pad = [
  [0, 0],
  [2, 0],
  [1, 3],
  [0, 0],
]
// Widths and channels that fill tiles of 4 and 8, and some that don't. From 16 channels on, 3x3 filters use tiles of 4x4 pixels.
for (const [x, filter, pad] of [
  [[2, 33, 31, 4], [3, 3, 4, 8], 'same'],
  [[2, 32, 30, 5], [3, 3, 5, 9], 'same'],
  [[2, 40, 29, 1], [3, 3, 1, 16], 'valid'],
  [[2, 33, 32, 6], [3, 3, 6, 1], 'same'],
  [[2, 33, 32, 7], [2, 4, 7, 3], uneven],
  [[24, 7, 7, 12], [1, 1, 12, 20], 'same'],
  [[64, 5, 5, 3], [5, 5, 3, 6], 'same'],
  [[2, 9, 7, 16], [3, 3, 16, 21], 'same'],
  [[2, 9, 7, 16], [3, 3, 16, 24], 'same'],
  [[9, 32, 32, 16], [3, 3, 16, 16], 'same'],
  [[2, 8, 8, 16], [3, 3, 16, 260], 'same'], // few tiles: filters are transformed where they are used
  [[1, 1, 1, 16], [3, 3, 16, 16], 'same'],
  [[3, 4, 4, 68], [3, 3, 68, 20], 'same'], // more than a chunk of inputs, transformed where they are used
  [[2, 22, 19, 132], [3, 3, 132, 20], 'same'], // and for all
  [[3, 10, 12, 36], [3, 3, 36, 16], 'valid'],
  [[2, 33, 32, 20], [3, 3, 20, 20], uneven],
] as [number[], number[], Pad][])
  it(`x [${x}], filter [${filter}], pad ${pad}`, async () => {
    const inputs = [numbers(x), numbers(filter)] as const
    const info = tf.backend_util.computeConv2DInfo(x as Shape, filter as Shape, 1, 1, pad)
    const dy = { shape: info.outShape, data: rng.normals(tf.util.sizeFromShape(info.outShape)) }
    const actual = await compute('wasm', [...inputs, dy], (x, filter, dy) => {
      const conv = (x: tf.Tensor, filter: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad)
      return [conv(x!, filter!), ...tf.grads(conv)([x!, filter!], dy!)]
    })
    // In float64, by hand: tfjs's cpu backend takes a hundred times as long.
    const [y, dx, dw] = [info.outShape, x, filter].map(
      shape => new Float64Array(tf.util.sizeFromShape(shape)),
    )
    eachProduct(info, (i, j, k) => {
      y![k]! += inputs[0].data[i]! * inputs[1].data[j]!
      dx![i]! += dy.data[k]! * inputs[1].data[j]!
      dw![j]! += inputs[0].data[i]! * dy.data[k]!
    })
    expect(actual.map(({ shape }) => shape)).toEqual([info.outShape, x, filter])
    for (const [i, exact] of [y, dx, dw].entries()) {
      const expected = Float32Array.from(exact!)
      await expectClose(actual[i]!.data, expected, apart(expected))
    }
  })

it.each([
  [17, 1],
  [20, 16],
])('gives a sample in a batch the same bits as alone: %d channels to %d', async (inputs, outputs) => {
  const numbersIn = [numbers([8, 14, 14, inputs]), numbers([3, 3, inputs, outputs])]
  const [y, dx, yAlone, dxAlone] = await compute('wasm', numbersIn, (x, filter) => {
    const conv = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')
    const alone = tf.slice(x, [3, 0, 0, 0], [1, 14, 14, inputs])
    const dy = wave([8, 14, 14, outputs])
    const dyAlone = tf.slice(dy, [3, 0, 0, 0], [1, 14, 14, outputs])
    return [conv(x), tf.grad(conv)(x, dy), conv(alone), tf.grad(conv)(alone, dyAlone)]
  })
  await expectClose(yAlone!.data, y!.data.slice(3 * 196 * outputs, 4 * 196 * outputs), exact)
  await expectClose(dxAlone!.data, dx!.data.slice(3 * 196 * inputs, 4 * 196 * inputs), exact)
})
