import { type BackendName, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, it } from 'vitest'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

/** Neighbouring axes, with and without axes beside them; sums of more terms than a workgroup has; and what stays tfjs's. */
const cases: [shape: number[], axes: number[] | undefined][] = [
  [[5, 3], [0]],
  [
    [2, 3, 4, 70],
    [0, 1, 2],
  ],
  [[3, 4, 5], [1]],
  [[2, 1000, 3], [1]],
  [[600, 2], [-2]],
  [[3, 520, 130], [1]],
  [[70_000, 2, 1], [1]],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [[3, 4], [1]],
  [[3, 4], undefined],
  [[0, 3], [0]],
]

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('sum on WebGPU', () => {
  it.each(cases)('of [%s] over %s equals cpu', async (shape, axes) => {
    for (const keepDims of [false, true]) {
      await useBackend('cpu')
      const numbers = createRng(1).normals(shape.reduce((a, b) => a * b))
      const result = () => tf.sum(tf.tensor(numbers, shape), axes, keepDims)
      const expected = tf.tidy(result)
      const values = await expected.data()
      await useBackend('webgpu-software')
      await scope(async () => expectClose(result(), tf.tensor(values, expected.shape), sum))
      expected.dispose()
    }
  })
})
