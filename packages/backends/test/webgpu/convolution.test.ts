import { conv2d } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { WebgpuBackend } from '../../src/webgpu/backend.js'
import { isExact } from '../../src/webgpu/convolution/exact.js'
import { filterGradient } from '../../src/webgpu/convolution/filter-gradient.js'
import { forward } from '../../src/webgpu/convolution/forward.js'
import type { ConvInfo } from '../../src/webgpu/convolution/image-text.js'
import { inputGradient } from '../../src/webgpu/convolution/input-gradient.js'
import { planOf } from '../../src/webgpu/convolution/plan.js'
import type { Product } from '../../src/webgpu/convolution/product.js'
import { fits, nameOf, threadsOf, variants } from '../../src/webgpu/convolution/variants.js'
import { hasDawn, type NullGpu, openNullGpu } from './null-gpu.js'

type Shape = [number, number, number, number]
const infoOf = (x: Shape, filter: Shape, strides = 1, pad: 'same' | number = 'same'): ConvInfo =>
  tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad)

/** Channels that divide by 4 and that don't, few pixels (then the depth is split) and many, strides. */
const infos = [
  infoOf([2, 32, 32, 64], [3, 3, 64, 64]),
  infoOf([1, 4, 4, 256], [3, 3, 256, 128]),
  infoOf([3, 17, 19, 3], [5, 2, 3, 7]),
  infoOf([1, 64, 64, 3], [11, 11, 3, 64], 4, 2),
]
const products: Product[] = infos.flatMap(info => [
  forward(info, { bias: true, skip: true, scale: 0.5 }),
  inputGradient(info),
  filterGradient(info, { bias: true }),
])

// Needs the optional package webgpu.
describe.runIf(hasDawn)('convolutions on WebGPU', () => {
  let gpu: NullGpu
  beforeEach(async () => {
    gpu = await openNullGpu()
  })

  /** A device with every feature, within a browser's default limits. */
  const browser = { f16: true, matrices: [8, 16], memory: 16_384, threads: 256 }

  it.each(variants.map(variant => [nameOf(variant), variant] as const))('compile: %s', async (_, variant) => {
    gpu.device.pushErrorScope('validation')
    for (const product of products) {
      const { shader, sums } = planOf(product, variant)
      for (const code of [shader, ...(sums?.now ? [sums.now.shader] : [])]) {
        const module = gpu.device.createShaderModule({ code })
        // A workgroup must hold a whole subgroup, and subgroups of the null adapter can have 128 threads.
        const holds = 'threads' in variant.by || threadsOf(variant) >= 128
        if (holds && fits(variant, browser))
          gpu.device.createComputePipeline({ layout: 'auto', compute: { module } })
      }
    }
    expect((await gpu.device.popErrorScope())?.message).toBeUndefined()
  })

  it('fit a browser, all but the largest', () => {
    const large = variants.filter(variant => !fits(variant, browser)).map(nameOf)
    expect(large).toEqual([
      'f32 128x128x16 by threads 8x8',
      'f16 128x128x32 by threads 8x8',
      'f16 128x128x32 by matrices 16 in 64x64',
      'f16 128x128x16 by matrices 16 in 64x32',
      'f16 128x64x32 by matrices 16 in 64x32',
      'f16 128x128x32 by matrices 8 in 64x64',
      'rounded 128x128x16 by threads 8x8',
    ])
    const bare = { ...browser, f16: false, matrices: [] }
    expect(variants.filter(variant => fits(variant, bare)).some(({ element }) => element === 'f16')).toBe(
      false,
    )
  })

  it('are not exact on a device whose results are zeros', async () => {
    expect(await isExact(tf.backend() as unknown as WebgpuBackend, variants[0]!)).toBe(false)
  })

  it('take one dispatch forward, and as many backward as there are gradients', () => {
    const x: tf.Tensor4D = tf.ones([8, 64, 64, 64])
    const filter: tf.Tensor4D = tf.ones([3, 3, 64, 64])
    const bias: tf.Tensor1D = tf.ones([64])
    const skip: tf.Tensor4D = tf.ones([8, 64, 64, 64])
    const count = (run: () => tf.TensorContainer) => {
      gpu.reset()
      tf.tidy(run)
      return gpu.traffic.dispatches
    }
    const convolve = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor, skip: tf.Tensor) =>
      conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, {
        skip: skip as tf.Tensor4D,
        scale: 2,
      })
    const forward = count(() => convolve(x, filter, bias, skip))
    expect(forward).toBe(1)
    const scaledSlope = 1
    const ofInput =
      count(() => tf.grad(x => convolve(x, filter, bias, skip))(x, skip)) - forward - scaledSlope
    expect(ofInput).toBe(1)
    const all = count(() => tf.grads(convolve)([x, filter, bias, skip], skip)) - forward - scaledSlope
    expect(all - ofInput).toBe(1) // the sums of its parts wait, and nothing reads them
    tf.dispose([x, filter, bias, skip])
  })

  it('leave nothing behind if only the filter is trained', () => {
    const x: tf.Tensor4D = tf.ones([1, 5, 5, 4])
    const [filter, bias] = [tf.ones([3, 3, 4, 8]), tf.ones([8])]
    const before = tf.memory().numTensors
    tf.grad(filter => conv2d(x, filter as tf.Tensor4D, bias as tf.Tensor1D))(filter).dispose()
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose([x, filter, bias])
  })
})
