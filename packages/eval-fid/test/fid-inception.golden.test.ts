import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { type HostTensor, readSafetensors } from '@rectified-flow/checkpoints'
import { bytesToImages, numpyRng } from '@rectified-flow/core'
import { FidInception, resize } from '@rectified-flow/eval-fid'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const golden = `${process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))}/inception`
const { tensors, metadata } = readSafetensors(readFileSync(`${golden}/random-weights.safetensors`))

/** The weights that the reference numbers were made with; the file's metadata says how to draw them. */
function goldenWeights(): Map<string, HostTensor> {
  const shapes: Record<string, number[]> = JSON.parse(
    readFileSync(`${golden}/state-dict-shapes.json`, 'utf8'),
  )
  const rng = numpyRng(Number(metadata.seed))
  const weights = new Map<string, HostTensor>()
  for (const name of Object.keys(shapes).sort()) {
    if (name.endsWith('num_batches_tracked')) continue
    const shape = shapes[name]!
    const normals = rng.standardNormal(shape.reduce((a, b) => a * b, 1))
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1)
    const value = (n: number): number => {
      if (name.endsWith('bn.weight')) return 1 + 0.05 * n
      if (name.endsWith('running_var')) return Math.abs(1 + 0.1 * n)
      if (name.endsWith('running_mean') || name.endsWith('bias')) return 0.05 * n
      return n * Math.sqrt(2 / fanIn)
    }
    weights.set(name, { dtype: 'F32', shape, data: Float32Array.from(normals, value) })
  }
  return weights
}

/** Largest difference, in units of the largest expected number. */
function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  let [apart, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    apart = Math.max(apart, Math.abs(actual[i]! - expected[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return apart / largest
}

const data = (name: string) => tensors.get(name)!.data as Float32Array
const pixels = tensors.get('images_uint8_nhwc')!

describe('FidInception', () => {
  let net: FidInception
  let images: tf.Tensor4D
  beforeAll(async () => {
    if (tf.getBackend() === 'cpu') await useBackend('wasm') // plain JavaScript takes minutes
    net = new FidInception(goldenWeights(), { resize: 'legacy_pytorch' })
    images = bytesToImages(pixels.data as Uint8Array, pixels.shape.slice(1) as [number, number, number])
  }, 300_000)
  afterAll(() => net.dispose())

  it('agrees with the reference in every output', { timeout: 300_000 }, () => {
    const found = net.measure(images, [
      'block64',
      'block192',
      'block768',
      'features',
      'logits',
      'biasedLogits',
    ])
    const expected = {
      block64: 'block0_mean',
      block192: 'block1_mean',
      block768: 'block2_mean',
      features: 'pool3',
      logits: 'logits_nobias',
      biasedLogits: 'logits',
    }
    for (const [name, reference] of Object.entries(expected)) {
      const error = relative(found[name as keyof typeof found].dataSync(), data(reference))
      expect(error, name).toBeLessThan(1e-3)
    }
  })

  it('resizes its input as the reference does', () => {
    const resized = tf.tidy(() => {
      const v = tf.tensor4d(Float32Array.from(pixels.data as Uint8Array), images.shape)
      return tf.div(resize(v, [299, 299], { mode: 'legacy_pytorch' }), 255)
    })
    const [n, channels, height, width] = tensors.get('resized_299_corner')!.shape as [
      number,
      number,
      number,
      number,
    ]
    const corner = tf.transpose(tf.slice(resized, 0, [n, height, width, channels]), [0, 3, 1, 2])
    expect(relative(corner.dataSync(), data('resized_299_corner'))).toBeLessThan(1e-5)
    expect(relative(tf.mean(resized, [1, 2]).dataSync(), data('resized_299_mean'))).toBeLessThan(1e-4)
  })
})
