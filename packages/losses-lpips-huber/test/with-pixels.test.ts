import { createRng } from '@rectified-flow/core'
import { perceptualDistance, squaredL2, withPixels } from '@rectified-flow/losses-lpips-huber'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { expectGradient } from './gradients.js'
import { smoothPyramid } from './smooth-pyramid.js'

const images = (seed: number) => createRng(seed).normal([2, 6, 6, 1]) as tf.Tensor4D

it('adds the mean squared difference of pixels, with its gradient, and leaks nothing', async () => {
  const features = perceptualDistance(smoothPyramid)
  const distance = withPixels(features)
  const [a, b] = [images(1), images(2)]
  await expectClose(distance(a, b), tf.add(features(a, b), squaredL2(a, b)), f32)
  await expectGradient(v => distance(v as tf.Tensor4D, b), a)
  await expectNoLeak(() => distance(a, b).dispose())
})

it('refuses what is no distance, and images of two shapes', () => {
  expect(() => withPixels(undefined as never)).toThrow('losses-lpips-huber.withPixels: distance must be')
  const distance = withPixels(perceptualDistance(smoothPyramid))
  expect(() => distance(images(1), tf.zeros([2, 5, 6, 1]))).toThrow('losses-lpips-huber.withPixels: b must')
})
