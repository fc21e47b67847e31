import {
  adamEma,
  attention,
  conv2d,
  dropout,
  groupNormSilu,
  resample,
  squareSums,
} from '@rectified-flow/backends'
import { createRng, drawNormal, drawUniform, indexedNormal } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { hasDawn, type NullGpu, openNullGpu } from './null-gpu.js'

type Shape4D = [number, number, number, number]

/** Value and gradients of an operation of tensors of these shapes. */
function withGradients(shapes: number[][], op: (...inputs: tf.Tensor[]) => tf.Tensor): tf.Tensor[] {
  const inputs = shapes.map(shape => tf.fill(shape, 0.5))
  const y = op(...inputs)
  return [y, ...tf.grads(op)(inputs, tf.fill(y.shape, 0.5))]
}

function norm(x: Shape4D, groups: number): tf.Tensor[] {
  const [b, , , c] = x
  return withGradients([x, [c], [c], [b, c], [b, c]], (x, gamma, beta, scale, shift) =>
    groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
      groups,
      scale: scale as tf.Tensor2D,
      shift: shift as tf.Tensor2D,
    }),
  )
}

function normOffset(x: Shape4D, groups: number): tf.Tensor[] {
  const [b, , , c] = x
  return withGradients([x, [c], [c], [b, c]], (x, gamma, beta, offset) =>
    groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
      groups,
      offset: offset as tf.Tensor2D,
    }),
  )
}

const convolution = (x: Shape4D, filter: Shape4D, strides = 1): tf.Tensor[] =>
  withGradients([x, filter, [filter[3]]], (x, filter, bias) =>
    conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, { strides }),
  )

const attend = (qkv: [number, number, number], heads: number): tf.Tensor[] =>
  withGradients([qkv], x => attention(x as tf.Tensor3D, { heads }))

function adam(shape: number[]): tf.Tensor[] {
  const zeros = () => tf.variable(tf.zeros(shape))
  const slot = { weight: zeros(), m: zeros(), v: zeros(), ema: zeros() }
  for (const step of [1, 2]) adamEma([slot], [tf.fill(shape, 0.5)], { step, learningRate: 1e-4 })
  const results = Object.values(slot).map(variable => tf.clone(variable))
  tf.dispose(Object.values(slot))
  return results
}

/** Shapes of the networks of CIFAR-10 and ImageNet-64, of LPIPS and of the bench, and what no network has. */
const cases: Record<string, () => tf.Tensor[]> = {
  'group norm of 128 channels at 32x32': () => norm([8, 32, 32, 128], 32),
  'group norm of 192 channels at 64x64': () => norm([2, 64, 64, 192], 32),
  'group norm of 1,536 channels at 8x8': () => norm([2, 8, 8, 1536], 32),
  'group norm of one group, wider than a workgroup': () => norm([3, 1, 1, 700], 1),
  'group norm of a group for each channel': () => norm([1, 7, 5, 20], 20),
  'group norm with an offset of 256 channels at 32x32': () => normOffset([4, 32, 32, 256], 32),
  'group norm with an offset of one group': () => normOffset([3, 1, 1, 700], 1),
  'convolution of the first layer': () => convolution([8, 32, 32, 3], [3, 3, 3, 128]),
  'convolution of a block': () => convolution([8, 16, 16, 256], [3, 3, 256, 256]),
  'convolution of a wide block': () => convolution([3, 8, 8, 1536], [3, 3, 1536, 768]),
  'convolution without taps beside it': () => convolution([2, 16, 16, 512], [1, 1, 512, 256]),
  'convolution with strides': () => convolution([1, 224, 224, 3], [11, 11, 3, 64], 4),
  'dropout of 17 million numbers': () => [dropout(tf.ones([65, 32, 32, 256]), 0.13, createRng(1))],
  'noise of 400 images at 128x128': () => [
    indexedNormal(
      createRng(1),
      Array.from({ length: 400 }, (_, i) => i),
      [128, 128, 3],
    ),
  ],
  'normal numbers, 17 million': () => [drawNormal(createRng(1), [65, 32, 32, 256])],
  'uniform numbers, 17 million': () => [drawUniform(createRng(1), [65, 32, 32, 256])],
  'resampling down': () => withGradients([[8, 32, 32, 128]], x => resample(x as tf.Tensor4D, 'down', [1, 1])),
  'resampling up': () => withGradients([[8, 16, 16, 256]], x => resample(x as tf.Tensor4D, 'up', [1, 1])),
  'resampling down with a filter': () =>
    withGradients([[8, 32, 32, 128]], x => resample(x as tf.Tensor4D, 'down', [1, 3, 3, 1])),
  'resampling up with a filter': () =>
    withGradients([[3, 6, 10, 7]], x => resample(x as tf.Tensor4D, 'up', [1, 3, 3, 1])),
  'attention of one head of 256 channels': () => attend([4, 256, 768], 1),
  'attention of 12 heads': () => attend([2, 1024, 2304], 12),
  'attention of an odd size': () => attend([3, 77, 3 * 93], 3),
  'split and concatenation of 33 tensors': () => {
    const sizes = Array.from({ length: 33 }, (_, i) => 8 * (i + 1))
    return withGradients([[512, 4488]], x => tf.concat(tf.split(x, sizes, 1).reverse(), 1))
  },
  'a chain of elementwise operations': () =>
    withGradients([[8, 32, 32, 256], [8, 1, 1, 1], [256]], (x, t, bias) =>
      tf.mul(tf.sigmoid(tf.add(tf.mul(x, tf.rsqrt(tf.add(tf.square(t), 1))), bias)), x),
    ),
  'Adam of a large filter': () => adam([3, 3, 512, 512]),
  'sums of squares of 30 tensors': () => [
    squareSums(Array.from({ length: 30 }, (_, i) => tf.ones([i + 1, 100]))),
  ],
}

// Needs the optional package webgpu.
describe.runIf(hasDawn)('shaders, within the limits of any browser', () => {
  let gpu: NullGpu
  // A new one each time: its memory is small, and what one case does must not fail the next.
  beforeEach(async () => {
    gpu = await openNullGpu()
  })

  it('have these limits here', () => {
    const { limits } = gpu.device
    expect(limits.maxStorageBuffersPerShaderStage).toBe(8)
    expect(limits.maxComputeWorkgroupStorageSize).toBe(16_384)
    expect(limits.maxComputeInvocationsPerWorkgroup).toBe(256)
    expect(limits.maxComputeWorkgroupsPerDimension).toBe(65_535)
  })

  it.each(Object.entries(cases))('%s', async (_, run) => {
    const results = tf.tidy(run)
    // What is refused is told of late: a second read throws it.
    for (let read = 0; read < 2; read++) {
      const one = tf.tidy(() => tf.slice(tf.reshape(results[0]!, [-1]), [0], [1]))
      await one.data()
      one.dispose()
    }
    tf.dispose(results)
  })
})
