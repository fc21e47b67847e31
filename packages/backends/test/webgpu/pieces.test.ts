import { type BackendName, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, it } from 'vitest'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

/** The sizes of the pieces, the axis, and the sides of the whole; 0 stands for the axis. */
const cases: [sizes: number[], axis: number, shape: number[]][] = [
  [[3, 4], 3, [2, 3, 5, 0]],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1, [31, 0]],
  [[100, 1, 5], 0, [0, 3]],
  [[2, 0, 3], 1, [50, 0]],
  [[150, 170], 0, [0]],
  [[7], -1, [40, 0]],
]

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('concatenation and split on WebGPU', () => {
  it.each(cases)('of pieces of %s along axis %s of [%s]', async (sizes, axis, shape) => {
    await useBackend('webgpu-software')
    const place = shape.indexOf(0)
    const full = shape.map((side, i) => (i === place ? sizes.reduce((a, b) => a + b) : side))
    const numbers = createRng(1).normals(full.reduce((a, b) => a * b))
    const pieces = async () => {
      const parts = tf.split(tf.tensor(numbers, full), sizes, axis)
      return Promise.all(parts.map(async part => tf.tensor(await part.data(), part.shape)))
    }
    const ours = await pieces()
    await expectClose(tf.concat(ours, axis), tf.tensor(numbers, full), exact)
    const values = await Promise.all(ours.map(part => part.data()))
    await useBackend('cpu')
    for (const [i, part] of (await pieces()).entries())
      await expectClose(part, tf.tensor(values[i]!, part.shape), exact)
  })
  it('of more pieces than one shader can tell apart', async () => {
    await useBackend('webgpu-software')
    const x = tf.tensor(createRng(1).normals(300 * 2), [300, 2])
    await expectClose(tf.concat(tf.split(x, 300)), x, exact)
  })
})
