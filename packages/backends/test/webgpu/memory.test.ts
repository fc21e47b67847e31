import { compile } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { hasDawn, openNullGpu } from './null-gpu.js'

const MEGA = 2 ** 20

// Needs the optional package webgpu. The null adapter has 512 MB.
describe.runIf(hasDawn)('memory of a GPU', () => {
  beforeEach(openNullGpu)

  it('when it is exhausted, says how much was asked for, and what to do', async () => {
    const message =
      /^backends\.useBackend: webgpu: out of memory: 100\.0 MB were asked for beside the \d+\.\d MB in use\. Lower the batch, or use microBatches\. \(/
    const tall = tf.tanh(tf.ones([25 * MEGA, 1]))
    const kept = Array.from({ length: 5 }, () => tf.tanh(tall))
    await expect(kept[4]!.data()).rejects.toThrow(message)
    await openNullGpu()
    expect(() => Array.from({ length: 5 }, () => tf.tanh(tf.ones([25 * MEGA])))).toThrow(message)
  })

  it('refuses a tensor that can not be bound, with the name of the limit', () => {
    const large = () => tf.tanh(tf.ones([33 * MEGA]))
    const message =
      "backends.useBackend: webgpu: a tensor must have at most the 128.0 MB of this device's maxStorageBufferBindingSize, got 132.0 MB. Lower the batch, or use microBatches."
    expect(large).toThrow(new RangeError(message))
    expect(compile(large)).toThrow(new RangeError(message))
  })

  it('is used again by a function that runs again', () => {
    const f = compile((x: tf.Tensor) => tf.square(tf.sin(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D))))
    const x = tf.ones([1024, 1024])
    const sizes = Array.from({ length: 6 }, () => {
      f(x).dispose()
      return (tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU
    })
    expect(new Set(sizes.slice(2)).size).toBe(1)
  })
})
