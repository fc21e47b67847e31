import { useBackend } from '@rectified-flow/backends'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'

beforeAll(() => useBackend('wasm'))
afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

it('shares memory until the last clone is disposed', async () => {
  const before = tf.memory()
  const x = tf.tensor1d([1, 2, 3])
  const y = tf.clone(x)
  expect(tf.memory().numDataBuffers - before.numDataBuffers).toBe(1)
  x.dispose()
  await expectClose(y, [1, 2, 3])
  y.dispose()
  expect(tf.memory().numTensors).toBe(before.numTensors)
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers)
})

it('keeps the value of a clone when the variable changes', async () => {
  const first = tf.tensor1d([1, 2])
  const variable = tf.variable(first)
  const snapshot = tf.clone(variable)
  tf.tidy(() => variable.assign(tf.tensor1d([3, 4])))
  await expectClose(snapshot, [1, 2])
  await expectClose(variable as tf.Tensor, [3, 4])
  tf.dispose([first, variable, snapshot])
})

it('clones strings', async () => {
  const x = tf.tensor1d(['a', 'b'])
  const y = tf.clone(x)
  expect(await y.data()).toEqual(['a', 'b'])
  tf.dispose([x, y])
})
