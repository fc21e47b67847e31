import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { type HostTensor, readSafetensors } from '@rectified-flow/checkpoints'
import { bytesToImages } from '@rectified-flow/core'
import { clipBase32, dinov2Small, VisionTransformer, type VitConfig } from '@rectified-flow/eval-fid'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

const golden = `${process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))}/vit`
const { tensors, metadata } = readSafetensors(readFileSync(`${golden}/features.safetensors`))
const configs: Record<string, VitConfig> = JSON.parse(metadata.configs!)
const shapes: Record<string, Record<string, number[]>> = JSON.parse(
  readFileSync(`${golden}/shapes.json`, 'utf8'),
)

/** Number i of weight k, in [-1,1). */
function uniform(k: number, i: number): number {
  let h = i ^ Math.imul(k + 1, 0x9e3779b9)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1
}

/** The weights that the reference numbers were made with, as make_vit.py says. */
function goldenWeights(network: string): Map<string, HostTensor> {
  const weights = new Map<string, HostTensor>()
  for (const [k, [name, shape]] of Object.entries(shapes[network]!).entries()) {
    const matrix = shape.length > 1 && name.endsWith('weight') && !name.includes('position')
    const inputs = shape.slice(1).reduce((a, b) => a * b, 1)
    const mean = name.endsWith('lambda1') ? 0.5 : Number(name.includes('norm') && name.endsWith('weight'))
    const spread = matrix ? Math.sqrt(3 / inputs) : 0.1
    const data = new Float32Array(inputs * (shape[0] ?? 1))
    for (let i = 0; i < data.length; i++) data[i] = mean + spread * uniform(k, i)
    weights.set(name, { dtype: 'F32', shape, data })
  }
  return weights
}

function goldenImages(network: string): tf.Tensor4D {
  const { data, shape } = tensors.get(`${network}/images`)!
  return bytesToImages(data as Uint8Array, shape.slice(1) as [number, number, number])
}

/** Largest difference, in units of the largest expected number. */
function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  const largest = Math.max(...Array.from(expected, Math.abs))
  return Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i]! - value))) / largest
}

describe('VisionTransformer', () => {
  it.each(['tiny-dinov2', 'tiny-clip'])('agrees with transformers, %s', async name => {
    const net = new VisionTransformer(goldenWeights(name), configs[name]!)
    const images = goldenImages(name)
    const features = net.extract(images)
    const expected = tensors.get(`${name}/features`)!
    expect(features.shape).toEqual(expected.shape)
    expect(net.dim).toBe(expected.shape[1])
    expect(relative(await features.data(), expected.data as Float32Array)).toBeLessThan(1e-5)
    const alone = net.extract(tf.slice(images, [1, 0, 0, 0], [1, -1, -1, -1]))
    await expectClose(alone, tf.slice(features, [1, 0], [1, -1]), f32)
    await expectNoLeak(() => net.extract(images).dispose())
    net.dispose()
  })

  it('knows the published sizes', () => {
    expect([dinov2Small, clipBase32]).toEqual([configs['dinov2-small'], configs['clip-base-32']])
  })

  describe('at full size', () => {
    beforeAll(async () => {
      if (tf.getBackend() === 'cpu') await useBackend('wasm') // plain JavaScript takes minutes
    })

    it.each([
      ['dinov2-small', dinov2Small],
      ['clip-base-32', clipBase32],
    ])('agrees with transformers, %s', { timeout: 300_000 }, async (name, config) => {
      const net = new VisionTransformer(goldenWeights(name), config)
      const features = await net.extract(goldenImages(name)).data()
      net.dispose()
      expect(relative(features, tensors.get(`${name}/features`)!.data as Float32Array)).toBeLessThan(1e-5)
    })
  })
})
