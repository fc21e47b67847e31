import { compile, conv2d, tuneConvolutions, tuning, useBackend } from '@rectified-flow/backends'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nameOf, threadsOf, variants } from '../../src/webgpu/convolution/variants.js'
import { hasDawn, type NullGpu, openNullGpu } from './null-gpu.js'

it('needs WebGPU', async () => {
  await useBackend('cpu')
  expect(tuning()).toBeNull()
  await expect(tuneConvolutions()).rejects.toThrow(
    "backends.tuneConvolutions: backend must be one of webgpu, got 'cpu'.",
  )
})

/** A convolution, and what the device compiled for it. */
async function convolve(): Promise<string[]> {
  const { device } = tf.backend() as unknown as { device: GPUDevice }
  const create = vi.spyOn(device, 'createShaderModule')
  const [x, filter] = [tf.ones([1, 8, 8, 4]), tf.ones([3, 3, 4, 8])]
  const y = conv2d(x as tf.Tensor4D, filter as tf.Tensor4D)
  await y.data() // throws what the device refused
  tf.dispose([x, filter, y])
  const codes = create.mock.calls.map(([{ code }]) => code)
  create.mockRestore()
  return codes
}

const key = 'f32 forward [1,8,8,4] [3,3] [1,8,8,8]'
const wide = variants.find(one => threadsOf(one) === 256 && one.rows === 64)!

// Needs the optional package webgpu.
describe.runIf(hasDawn)('tuning', () => {
  let gpu: NullGpu
  beforeEach(async () => {
    gpu = await openNullGpu()
  })

  it('times what has run, and frees what it used', async () => {
    expect(tuning()?.variants).toEqual({})
    await convolve()
    await expectNoLeak(async () => void (await tuneConvolutions()))
    gpu.reset()
    await convolve()
    const table = await tuneConvolutions({ most: 2 })
    expect(gpu.traffic.dispatches).toBeGreaterThan(6)
    expect(Object.keys(table.variants)).toEqual([key])
    expect(variants.map(nameOf)).toContain(table.variants[key])
    expect(tuning()).toEqual(table)
  })

  it('uses a table of this device, and no other', async () => {
    const { device } = tuning()!
    const table = { device, variants: { [key]: nameOf(wide) } }
    await useBackend('webgpu', { tuning: { ...table, device: 'another' } })
    expect((await convolve()).join()).toContain('@workgroup_size(128)')
    await useBackend('webgpu', { tuning: table })
    expect((await convolve()).join()).toContain('@workgroup_size(256)')
    await useBackend('webgpu')
    expect(tuning()).toEqual(table)
  })

  it('records compiled functions again, as another precision does', async () => {
    const [x, filter] = [tf.ones([1, 8, 8, 4]), tf.ones([3, 3, 4, 8])]
    let calls = 0
    const compiled = compile((x: tf.Tensor4D, filter: tf.Tensor4D) => {
      calls++
      return conv2d(x, filter)
    })
    const run = () => {
      const before = calls
      for (let i = 0; i < 4; i++) compiled(x as tf.Tensor4D, filter as tf.Tensor4D).dispose()
      return calls - before
    }
    run()
    expect(run()).toBe(0)
    await tuneConvolutions()
    expect(run()).toBeGreaterThan(0)
    expect(run()).toBe(0)
    await useBackend('webgpu', { precision: 'mixed' })
    expect(run()).toBeGreaterThan(0)
    expect(compiled.why).toBeUndefined()
    compiled.dispose()
    tf.dispose([x, filter])
  })
})
