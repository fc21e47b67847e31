import { useBackend } from '@rectified-flow/backends'
import type { HostTensor } from '@rectified-flow/checkpoints'
import { type Lpips, lpips, lpipsAveragePooling } from '@rectified-flow/losses-lpips-huber'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { expectGradientClose, golden } from './golden.js'
import { randomBackbone } from './random-backbone.js'

const VALUES = { rtol: 1e-4, atol: 0 }
const timeout = 600_000

describe('LPIPS with VGG16', () => {
  const { read, metadata } = golden('losses/lpips.safetensors')
  const image = (name: string) => read(name) as tf.Tensor4D
  const made: Lpips[] = []
  const make = (create: typeof lpips, options: Parameters<typeof lpips>[1]) => {
    made.push(create(weights, options))
    return made.at(-1)!.distance
  }
  let weights: Parameters<typeof lpips>[0]
  beforeAll(async () => {
    // Plain JavaScript takes minutes for these three, so `cpu` runs them only if BACKEND asks for it.
    if (!process.env.BACKEND) await useBackend('wasm')
    const heads = new Map<string, HostTensor>()
    for (const i of [0, 1, 2, 3, 4]) {
      const data = read(`lin${i}`).dataSync<'float32'>() as Float32Array
      heads.set(`lin${i}.model.1.weight`, { dtype: 'F32', shape: [1, data.length, 1, 1], data })
    }
    weights = { backbone: randomBackbone('vgg16', BigInt(metadata.seed!)), heads }
  }, timeout)
  afterAll(() => {
    for (const net of made) net.dispose()
  })

  it.each([
    // Maximum pooling has kinks: if two numbers of a window are equal up to rounding, either may get the gradient. Because of
    // one such window, PyTorch's own float64 gradient differs from these float32 numbers at 7 % of the places, by up to
    // 1.5 % of the largest number.
    ['lpips', lpips, 'lpips_v01', 0.15],
    // ReLU has one at 0: the median difference is 3e-7 of the largest number, but wasm is 1.07e-3 off at one place of 24,576.
    ['lpipsAveragePooling', lpipsAveragePooling, 'lpips_avgpool', 0.05],
  ])('%s agrees with PyTorch, value and gradient', { timeout }, async (_, create, name, kinks) => {
    const distance = make(create, { size: 'as given' })
    const b = image('b')
    await expectClose(distance(image('a'), b), read(name), VALUES)
    // The reference's gradient is of the mean over the batch.
    const gradient = tf.grad(a => tf.mean(distance(a as tf.Tensor4D, b)))(image('a'))
    await expectGradientClose(gradient, read(`${name}/grad_a`), { kinks })
  })

  // 24 times the work of 64x64: an hour on cpu.
  it.skipIf(process.env.BACKEND === 'cpu')('resizes to 224 as PyTorch does', { timeout }, async () => {
    const distance = make(lpipsAveragePooling, {})
    await expectClose(distance(image('small_a'), image('small_b')), read('small_lpips_avgpool_up224'), VALUES)
  })
})
