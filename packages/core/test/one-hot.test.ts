import { classNumber, oneHot } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('makes a row for each label', async () => {
  await expectClose(oneHot([2, 0], 3), tf.tensor2d([[0, 0, 1], [1, 0, 0]]), exact) // biome-ignore format: a matrix
  await expectClose(oneHot(Uint8Array.of(1), 2), tf.tensor2d([[0, 1]]), exact)
  expect(oneHot([], 4).shape).toEqual([0, 4])
})

it('takes the names of classes', async () => {
  await expectClose(oneHot(['dog', 0, 'cat'], ['cat', 'dog']), oneHot([1, 0, 0], 2), exact)
  expect([classNumber(['cat', 'dog'], 'dog'), classNumber(['cat', 'dog'], 0), classNumber(3, 2)]).toEqual([
    1, 0, 2,
  ])
})

it('refuses names that no class has, and lists those that it knows', () => {
  expect(() => oneHot(['cat', 'cow'], ['cat', 'dog'])).toThrow(
    new RangeError("core.oneHot: labels[1] must be one of cat, dog, got 'cow'."),
  )
  expect(() => classNumber(10, 'cat')).toThrow(
    new RangeError("core.classNumber: label must be a number, because the classes have no names, got 'cat'."),
  )
  expect(() => classNumber(['cat', 'dog'], 2)).toThrow(
    new RangeError('core.classNumber: label must be an integer in [0, 1], got 2.'),
  )
})

it('refuses labels that are not in 0..classes-1', () => {
  for (const [label, got] of [[3, '3'], [-1, '-1'], [0.5, '0.5']] as const) // biome-ignore format: a table
    expect(() => oneHot([0, label], 3)).toThrow(
      new RangeError(`core.oneHot: labels[1] must be an integer in [0, 2], got ${got}.`),
    )
})
