import { conv2d } from '@rectified-flow/backends'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testOp } from './test-op.js'

type Conv = [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D]
// On wasm, by tiles of 4x4 pixels: errors are up to 1e-6 of the largest result, which is 40.
const byTiles = { rtol: 1e-4, atol: 4e-5 }
const cases = [
  { x: [3, 6, 6, 5], filter: [3, 3, 5, 9] },
  { x: [3, 7, 7, 16], filter: [3, 3, 16, 16], tolerance: byTiles },
  { x: [2, 4, 5, 4], filter: [1, 1, 4, 8] },
  { x: [2, 8, 6, 3], filter: [3, 3, 3, 4], options: { strides: 2 } },
  { x: [2, 8, 6, 3], filter: [4, 2, 3, 1], options: { pad: 1, strides: [1, 2] as [number, number] } },
  { x: [2, 23, 25, 3], filter: [11, 11, 3, 5], options: { strides: 4, pad: 2 } },
  { x: [2, 5, 9, 4], filter: [1, 7, 4, 6] },
  { x: [2, 7, 5, 4], filter: [2, 1, 4, 4], options: { strides: 3 } },
  { x: [2, 5, 5, 1], filter: [3, 3, 1, 16], options: { pad: 'valid' as const } },
  { x: [3, 1, 1, 3], filter: [3, 3, 3, 20] },
  { x: [1, 3, 5, 20], filter: [3, 3, 20, 6] },
  { x: [1, 9, 20, 3], filter: [1, 1, 3, 70] },
]

for (const { x, filter, options, tolerance } of cases) {
  const shapes = [x, filter, [filter[3]!]]
  const name = `conv2d x [${x}] filter [${filter}] ${JSON.stringify(options ?? {})}`
  testOp(name, { shapes, batched: [0], tolerance, op: (...inputs) => conv2d(...(inputs as Conv), options) })
}

testOp('conv2d without bias', {
  shapes: [
    [2, 5, 6, 4],
    [3, 3, 4, 8],
  ],
  batched: [0],
  op: (x, filter) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D),
})

for (const [name, scale] of [
  ['skip', 1],
  ['skip and scale', 0.7],
] as const)
  testOp(`conv2d with ${name}`, {
    shapes: [[2, 5, 6, 4], [3, 3, 4, 6], [6], [2, 5, 6, 6]],
    batched: [0, 3],
    op: (x, filter, bias, skip) =>
      conv2d(...([x, filter, bias] as Conv), { skip: skip as tf.Tensor4D, scale }),
  })

testOp('conv2d with a scale alone', {
  shapes: [
    [2, 3, 3, 3],
    [2, 2, 3, 5],
  ],
  batched: [0],
  op: (x, filter) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, undefined, { scale: 3 }),
})

it('uses the bias it is given, also when the filter is the one before', async () => {
  await scope(async () => {
    const x: tf.Tensor4D = tf.ones([1, 2, 2, 1])
    const filter: tf.Tensor4D = tf.ones([1, 1, 1, 2])
    for (const bias of [
      [0, 1],
      [2, 3],
    ])
      await expectClose(
        tf.slice(conv2d(x, filter, tf.tensor1d(bias)), [0, 0, 0, 0], [1, 1, 1, 2]),
        tf.tensor4d(
          bias.map(b => b + 1),
          [1, 1, 1, 2],
        ),
        exact,
      )
  })
})

it('says what is wrong', () => {
  tf.tidy(() => {
    const x: tf.Tensor4D = tf.zeros([1, 2, 2, 3])
    const filter: tf.Tensor4D = tf.zeros([3, 3, 3, 4])
    expect(() => conv2d(x, tf.zeros([3, 3, 4, 4]))).toThrow(
      'backends.conv2d: filter must have shape [h,w,3,O], got [3,3,4,4].',
    )
    expect(() => conv2d(x, filter, tf.zeros([3]))).toThrow(
      'backends.conv2d: bias must have shape [4], got [3].',
    )
    expect(() => conv2d(x, filter, undefined, { skip: tf.zeros([1, 2, 2, 3]) })).toThrow(
      'backends.conv2d: skip must have shape [1,2,2,4], got [1,2,2,3].',
    )
    expect(() => conv2d(x, filter, undefined, { scale: Number.NaN })).toThrow(
      'backends.conv2d: scale must be a finite number, got NaN.',
    )
    expect(() => conv2d(x, filter, undefined, { pad: 'full' as 'same' })).toThrow(
      "backends.conv2d: pad must be one of same, valid, got 'full'.",
    )
    expect(() => conv2d(x, filter, undefined, { pad: -1 })).toThrow(
      'backends.conv2d: pad must be an integer >= 0, got -1.',
    )
  })
})
