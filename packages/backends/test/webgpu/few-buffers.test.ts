import { type BackendName, groupNormSilu, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

/** Gradients of a modulated norm, on a device that binds this many storage buffers. */
async function gradients(buffers: number): Promise<Float32Array[]> {
  const { device } = tf.backend() as unknown as { device: GPUDevice }
  const { limits } = device
  Object.defineProperty(device, 'limits', {
    configurable: true,
    value: new Proxy(limits, {
      get: (_, name) =>
        name === 'maxStorageBuffersPerShaderStage' ? buffers : Reflect.get(limits, name, limits),
    }),
  })
  const shapes = [[2, 3, 3, 12], [12], [12], [2, 12], [2, 12]]
  const inputs = shapes.map((shape, i) => createRng(i).normal(shape))
  const slopes = tf.grads((x, gamma, beta, scale, shift) =>
    groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
      groups: 4,
      scale: scale as tf.Tensor2D,
      shift: shift as tf.Tensor2D,
    }),
  )(inputs)
  const values = await Promise.all(slopes.map(async slope => (await slope.data()) as Float32Array))
  tf.dispose([...inputs, ...slopes])
  Object.defineProperty(device, 'limits', { configurable: true, value: limits })
  return values
}

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('a device that binds eight storage buffers', () => {
  it('gets the gradients that one with more gets', async () => {
    await useBackend('webgpu-software')
    expect(await gradients(8)).toEqual(await gradients(10))
  })
})
