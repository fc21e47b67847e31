import { groupNorm, groupNormSilu } from '@rectified-flow/backends'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testOp } from './test-op.js'

// channels: a group of 4, of more, of an odd number (with a scalar tail), of 1, and one group.
for (const [c, groups] of [
  [16, 4],
  [24, 4],
  [9, 3],
  [5, 5],
  [6, 1],
] as const)
  for (const [name, op] of [
    ['groupNorm', groupNorm],
    ['groupNormSilu', groupNormSilu],
  ] as const) {
    const shapes = [[3, 5, 4, c], [c], [c], [3, c], [3, c]]
    testOp(`${name} of ${c} channels in ${groups} groups`, {
      shapes: shapes.slice(0, 3),
      batched: [0],
      op: (x, gamma, beta) => op(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, { groups }),
    })
    testOp(`${name} of ${c} channels in ${groups} groups, modulated`, {
      shapes,
      batched: [0, 3, 4],
      op: (x, gamma, beta, scale, shift) =>
        op(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
          groups,
          scale: scale as tf.Tensor2D,
          shift: shift as tf.Tensor2D,
        }),
    })
  }

// Images of one pixel, batches of one, and a group wider than a GPU's workgroup.
for (const [shape, groups] of [
  [[3, 1, 1, 6], 2],
  [[1, 2, 3, 3], 3],
  [[1, 3, 1, 20], 1],
  [[2, 1, 2, 600], 2],
] as const) {
  const c = shape[3]
  testOp(`groupNormSilu of [${shape}] in ${groups} groups, modulated`, {
    shapes: [[...shape], [c], [c], [shape[0], c], [shape[0], c]],
    batched: [0, 3, 4],
    op: (x, gamma, beta, scale, shift) =>
      groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
        groups,
        scale: scale as tf.Tensor2D,
        shift: shift as tf.Tensor2D,
      }),
  })
}

// A group of several channels, of one, of an odd number, and one that is wider than a GPU's workgroup.
for (const [shape, groups] of [
  [[3, 5, 4, 16], 4],
  [[2, 3, 3, 5], 5],
  [[3, 2, 7, 9], 3],
  [[1, 1, 1, 6], 2],
  [[2, 1, 2, 600], 2],
] as const) {
  const c = shape[3]
  for (const [name, op] of [
    ['groupNorm', groupNorm],
    ['groupNormSilu', groupNormSilu],
  ] as const)
    testOp(`${name} of [${shape}] in ${groups} groups, with an offset`, {
      shapes: [[...shape], [c], [c], [shape[0], c]],
      batched: [0, 3],
      op: (x, gamma, beta, offset) =>
        op(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
          groups,
          offset: offset as tf.Tensor2D,
        }),
    })
}

testOp('groupNormSilu with an offset and a shift', {
  shapes: [[2, 3, 3, 8], [8], [8], [2, 8], [2, 8]],
  batched: [0, 3, 4],
  op: (x, gamma, beta, offset, shift) =>
    groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
      groups: 2,
      offset: offset as tf.Tensor2D,
      shift: shift as tf.Tensor2D,
    }),
})

for (const part of ['scale', 'shift'] as const)
  testOp(`groupNormSilu with ${part} alone`, {
    shapes: [[2, 3, 3, 8], [8], [8], [2, 8]],
    batched: [0, 3],
    op: (x, gamma, beta, modulation) =>
      groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
        groups: 2,
        [part]: modulation,
      }),
  })

it('gives each group mean 0 and variance 1', async () => {
  await scope(async () => {
    const x: tf.Tensor4D = tf.reshape(tf.range(0, 2 * 4 * 4 * 8), [2, 4, 4, 8])
    const y = groupNorm(x, tf.ones([8]), tf.zeros([8]), { groups: 2, epsilon: 0 })
    const { mean, variance } = tf.moments(tf.reshape(y, [2, 16, 2, 4]), [1, 3])
    await expectClose(mean, tf.zeros([2, 2]), sum)
    await expectClose(variance, tf.ones([2, 2]), sum)
  })
})

it('keeps its precision far from zero', async () => {
  await scope(async () => {
    const x: tf.Tensor4D = tf.tensor4d(
      Array.from({ length: 64 }, (_, i) => 1000 + (i % 2)),
      [1, 4, 4, 4],
    )
    const y = groupNorm(x, tf.ones([4]), tf.zeros([4]), { groups: 1, epsilon: 0 })
    await expectClose(
      y,
      tf.tensor4d(
        Array.from({ length: 64 }, (_, i) => (i % 2) * 2 - 1),
        [1, 4, 4, 4],
      ),
      sum,
    )
  })
})

it('says what is wrong', () => {
  tf.tidy(() => {
    const x: tf.Tensor4D = tf.zeros([1, 2, 2, 6])
    const [gamma, beta] = [tf.ones([6]) as tf.Tensor1D, tf.zeros([6]) as tf.Tensor1D]
    expect(() => groupNorm(x, gamma, beta, { groups: 4 })).toThrow(
      'backends.groupNorm: groups must divide the 6 channels of x, got 4.',
    )
    expect(() => groupNormSilu(x, tf.ones([5]), beta, { groups: 3 })).toThrow(
      'backends.groupNormSilu: gamma must have shape [6], got [5].',
    )
    expect(() => groupNorm(x, gamma, beta, { groups: 3, scale: tf.zeros([2, 6]) })).toThrow(
      'backends.groupNorm: scale must have shape [1,6], got [2,6].',
    )
    expect(() => groupNorm(x, gamma, beta, { groups: 3, offset: tf.zeros([2, 6]) })).toThrow(
      'backends.groupNorm: offset must have shape [1,6], got [2,6].',
    )
  })
})
