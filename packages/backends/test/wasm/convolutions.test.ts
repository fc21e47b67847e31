import { conv2d, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import { compute, type Numbers } from './backends.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const rng = createRng(1)
function numbers(shape: number[]): Numbers {
  return { shape, data: rng.normals(shape.reduce((a, b) => a * b, 1)) }
}

async function agree(inputs: Numbers[], body: (...tensors: tf.Tensor[]) => tf.Tensor[]) {
  const expected = await compute('cpu', inputs, body)
  const actual = await compute('wasm', inputs, body)
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape))
  for (const [i, { data }] of actual.entries()) {
    await expectClose(data, expected[i]!.data, sum)
  }
}

const wave = (shape: number[]) => tf.reshape(tf.sin(tf.range(0, tf.util.sizeFromShape(shape))), shape)

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]]
const uneven: Pad = [
  [0, 0],
  [2, 0],
  [0, 1],
  [0, 0],
]
const sizes: [number, number, number, number][] = [
  [1, 1, 1, 1],
  [3, 3, 4, 8],
  [3, 3, 5, 9],
  [3, 2, 1, 16],
  [2, 4, 17, 1],
  [1, 1, 16, 12],
  [4, 4, 3, 6],
  [5, 5, 2, 3],
]
const strides: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 1],
  [1, 2],
]
const pads: Pad[] = ['same', 'valid', 0, 1, 3, uneven]
// tfjs takes a number as padding for square filters and strides only; otherwise it writes past the end of its output.
const square = (a: number, b: number) => a === b

for (const size of sizes)
  for (const stride of strides)
    for (const pad of pads) {
      if (typeof pad === 'number' && !(square(...stride) && square(size[0], size[1]))) continue
      it(`convolution gradients: filter [${size}], strides [${stride}], pad ${pad}`, async () => {
        const x = numbers([2, 7, 6, size[2]])
        const filter = numbers(size)
        await agree([x, filter], (x, filter) => {
          const conv = (x: tf.Tensor, filter: tf.Tensor) =>
            tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad)
          const y = conv(x, filter)
          return [y, ...tf.grads(conv)([x, filter], wave(y.shape))]
        })
      })
    }

it('transposed convolution', async () => {
  await agree([numbers([2, 4, 5, 3]), numbers([3, 3, 2, 3])], (x, filter) => {
    const up = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 8, 10, 2], 2, 'same')
    return [up(x, filter), ...tf.grads(up)([x, filter])]
  })
})

for (const [h, w, c, multiplier] of [
  [3, 3, 4, 1],
  [2, 4, 3, 2],
  [1, 1, 5, 1],
])
  for (const stride of strides.filter(([a, b]) => a === b))
    for (const pad of pads) {
      if (typeof pad === 'number' && h !== w) continue
      it(`depthwise gradients: filter [${[h, w, c, multiplier]}], strides [${stride}], pad ${pad}`, async () => {
        const x = numbers([2, 7, 6, c!])
        const filter = numbers([h!, w!, c!, multiplier!])
        await agree([x, filter], (x, filter) => {
          const conv = (x: tf.Tensor, filter: tf.Tensor) =>
            tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad)
          const y = conv(x, filter)
          return [y, ...tf.grads(conv)([x, filter], wave(y.shape))]
        })
      })
    }

it.each([
  { shape: [2, 9, 10, 16], outputs: 20, side: 3 }, // few tiles, parts of them outside
  { shape: [3, 32, 32, 16], outputs: 16, side: 3 }, // many tiles
  { shape: [2, 7, 5, 6], outputs: 11, side: 3 }, // pixels
  { shape: [2, 16, 16, 24], outputs: 32, side: 1 },
])(
  'adds a skip and scales in the same pass, with the same bits: $shape to $outputs, $side x $side',
  async ({ shape, outputs, side }) => {
    const outShape = [...shape.slice(0, 3), outputs]
    const inputs = [shape, [side, side, shape[3]!, outputs], [outputs], outShape].map(numbers)
    const [together, apart] = await compute('wasm', inputs, (x, filter, bias, skip) => {
      const conv = [x, filter, bias] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D]
      return [
        conv2d(...conv, { skip: skip as tf.Tensor4D, scale: Math.SQRT1_2 }),
        tf.mul(tf.add(conv2d(...conv), skip!), Math.SQRT1_2),
      ]
    })
    expect(together).toEqual(apart)
  },
)
