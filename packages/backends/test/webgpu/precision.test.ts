import { conv2d, precision, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it, vi } from 'vitest'
import { hasDawn, openNullGpu } from './null-gpu.js'

const opened = await useBackend('webgpu-software').catch((error: Error) => error)

describe('precision', () => {
  it('is float32, and nothing else without WebGPU', async () => {
    await useBackend('cpu')
    expect(precision()).toBe('float32')
    await expect(useBackend('wasm', { precision: 'mixed' })).rejects.toThrow(
      "backends.useBackend: wasm can't be used here: precision 'mixed' needs WebGPU.",
    )
    await expect(useBackend('cpu', { precision: 'half' as 'mixed' })).rejects.toThrow(
      "backends.useBackend: precision must be one of float32, mixed, got 'half'.",
    )
  })

  // Needs the optional package webgpu and a software Vulkan driver.
  it.runIf(!(opened instanceof Error))('can be mixed where the device has f16', async () => {
    await useBackend('webgpu-software')
    const { features } = (tf.backend() as unknown as { device: GPUDevice }).device
    const mixed = useBackend('webgpu-software', { precision: 'mixed' })
    if (features.has('shader-f16')) await expect(mixed).resolves.toBeDefined()
    else
      await expect(mixed).rejects.toThrow(
        /^backends\.useBackend: webgpu-software can't be used here: precision 'mixed' needs the feature shader-f16, which .+ lacks\.$/,
      )
  })

  // Needs the optional package webgpu.
  it.runIf(hasDawn)('is asked for at each call, and changes the shaders of convolutions', async () => {
    const { device } = await openNullGpu()
    const create = vi.spyOn(device, 'createShaderModule')
    const halves = async (options?: { precision: 'mixed' }) => {
      await useBackend('webgpu', options)
      create.mockClear()
      const x: tf.Tensor4D = tf.ones([1, 5, 5, 4])
      const filter: tf.Tensor4D = tf.ones([3, 3, 4, 8])
      const slopes = tf.grads((x, filter) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D))([x, filter])
      await slopes[0]!.data() // throws what the device refused
      tf.dispose([x, filter, ...slopes])
      return create.mock.calls.filter(([{ code }]) => code.includes('enable f16;')).length
    }
    expect(await halves()).toBe(0)
    expect(precision()).toBe('float32')
    expect(await halves({ precision: 'mixed' })).toBe(3)
    expect(precision()).toBe('mixed')
    await useBackend('webgpu')
    expect(precision()).toBe('float32')
  })
})
