import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/** Run `body`, which disposes the tensors that it gets, twice, and expect the second run to leak no tensor. */
export async function expectNoLeak(body: () => void | Promise<void>): Promise<void> {
  await body()
  const before = tf.memory().numTensors
  await body()
  expect(tf.memory().numTensors - before, 'tensors left behind').toBe(0)
}
