import { squareSums } from '@rectified-flow/backends'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { it } from 'vitest'
import { testOp } from './test-op.js'

testOp('squareSums', {
  shapes: [[3, 5], [1], [2, 2, 3, 3], [17]],
  batched: [],
  op: (...tensors) => squareSums(tensors),
})

testOp('squareSums of more tensors than a dispatch of a GPU has, and of long ones', {
  shapes: [[1], [2], [3], [700], [5], [6], [7], [8], [70, 300]],
  batched: [],
  op: (...tensors) => squareSums(tensors),
})

it('is one number a tensor, and none of none', async () => {
  await scope(async () => {
    await expectClose(
      squareSums([tf.tensor1d([3, 4]), tf.zeros([0, 2]), tf.scalar(-2), tf.zeros([2, 2])]),
      tf.tensor1d([25, 0, 4, 0]),
      exact,
    )
    await expectClose(squareSums([]), tf.zeros([0]), exact)
  })
})
