import { type BackendName, useBackend } from '@rectified-flow/backends'
import { NumericError } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'

const original = process.env.BACKEND ?? 'cpu'
const open = () => useBackend('webgpu-software').catch((error: Error) => error)
const opened = await open()
const works = !(opened instanceof Error)

afterAll(() => useBackend(original as BackendName))

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(works)('webgpu errors', () => {
  const device = () => (tf.backend() as unknown as { device: GPUDevice }).device

  it('names the adapter', () => {
    expect(opened).toMatchObject({ name: 'webgpu-software', device: expect.stringMatching(/\S/) })
  })

  it('computes a gradient', async () => {
    await open()
    const gradient = tf.tidy(() => tf.grad(x => tf.sum(tf.square(x)))(tf.tensor1d([1, -2, 3])))
    expect([...(await gradient.data())]).toEqual([2, -4, 6])
    gradient.dispose()
  })

  it('keeps the tensors of a device that works', async () => {
    await open()
    const x = tf.add(tf.tensor1d([1, 2]), 1)
    await open()
    expect([...(await tf.mul(x, 2).data())]).toEqual([4, 6])
  })

  it('throws if the GPU refuses a command, instead of returning zeros', async () => {
    await open()
    device().createShaderModule({ code: 'this is no WGSL' })
    const x = tf.add(tf.tensor1d([1]), 1)
    await x.data().catch(() => undefined) // wait until the error event has arrived
    await expect(tf.add(x, 1).data()).rejects.toMatchObject({ name: 'NumericError', code: 'gpu-error' })
  })

  it('throws when the device is lost, and works again on a new one', async () => {
    await open()
    const x = tf.add(tf.tensor1d([1]), 1)
    device().destroy()
    await device().lost
    const error = await x.data().catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(NumericError)
    expect(error).toMatchObject({ code: 'device-lost' })
    expect((error as Error).message).toContain("Call useBackend('webgpu-software') for a new one.")
    await open()
    const y = tf.add(tf.tensor1d([1]), 1)
    expect([...(await y.data())]).toEqual([2])
  })
})

describe.runIf(!works)('webgpu without an adapter', () => {
  it('says why', () => {
    expect((opened as Error).message).toMatch(/^backends\.useBackend: webgpu-software can't be used here: \S/)
  })
})
