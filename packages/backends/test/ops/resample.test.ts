import { resample } from '@rectified-flow/backends'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testOp } from './test-op.js'

for (const direction of ['up', 'down'] as const)
  for (const filter of [
    [1, 1],
    [1, 3, 3, 1],
    [1, 2, 5, 3],
    [2, 1],
  ])
    for (const channels of [4, 6, 1])
      testOp(`resample ${direction} by [${filter}], ${channels} channels`, {
        shapes: [[3, 4, 6, channels]],
        batched: [0],
        tolerance: f32,
        op: x => resample(x as tf.Tensor4D, direction, filter),
      })

it('takes means of 2x2 blocks down, and repeats pixels up', async () => {
  await scope(async () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4, 1])
    await expectClose(resample(x, 'down'), tf.tensor4d([3.5, 5.5], [1, 1, 2, 1]))
    const small = tf.tensor4d([1, 2], [1, 1, 2, 1])
    await expectClose(resample(small, 'up'), tf.tensor4d([1, 1, 2, 2, 1, 1, 2, 2], [1, 2, 4, 1]))
  })
})

it('says what is wrong', () => {
  tf.tidy(() => {
    const x: tf.Tensor4D = tf.zeros([1, 3, 4, 2])
    expect(() => resample(x, 'down')).toThrow(
      'backends.resample: x must have even height and width to halve, got [1,3,4,2].',
    )
    expect(() => resample(x, 'up', [1, 2, 1])).toThrow(
      'backends.resample: filter must have an even number of taps whose sum is not 0, got [1,2,1].',
    )
    expect(() => resample(x, 'left' as 'up')).toThrow(
      "backends.resample: direction must be one of up, down, got 'left'.",
    )
  })
})
