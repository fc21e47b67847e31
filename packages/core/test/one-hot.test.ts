import { oneHot } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('makes a row for each label', async () => {
  await expectClose(oneHot([2, 0], 3), tf.tensor2d([[0, 0, 1], [1, 0, 0]]), exact) // biome-ignore format: a matrix
  await expectClose(oneHot(Uint8Array.of(1), 2), tf.tensor2d([[0, 1]]), exact)
  expect(oneHot([], 4).shape).toEqual([0, 4])
})

it('refuses labels that are not in 0..classes-1', () => {
  for (const [label, got] of [[3, '3'], [-1, '-1'], [0.5, '0.5']] as const) // biome-ignore format: a table
    expect(() => oneHot([0, label], 3)).toThrow(
      new RangeError(`core.oneHot: labels[1] must be an integer in [0, 2], got ${got}.`),
    )
})
