import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/** Run `body` (which disposes what it is given) twice and expect the second run to leave no tensor behind. */
export async function expectNoLeak(body: () => void | Promise<void>): Promise<void> {
  await body()
  const before = tf.memory().numTensors
  await body()
  expect(tf.memory().numTensors - before, 'tensors left behind').toBe(0)
}
