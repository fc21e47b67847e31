import { l2, pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { expectGradientClose, golden } from './golden.js'

describe.each([
  ['squaredL2', squaredL2, 'l2-squared'],
  ['l2', l2, 'l2'],
  ['pseudoHuber', pseudoHuber(), 'huber'],
])('%s', (_, loss, goldenName) => {
  it('agrees with the reference, value and gradient', async () => {
    const { read } = golden('losses/elementwise.safetensors')
    const target = read('target')
    await expectClose(loss(read('pred'), target), read(goldenName), sum)
    // The reference's gradient is of the mean over the batch.
    const gradient = tf.grad(x => tf.mean(loss(x, target)))(read('pred'))
    await expectGradientClose(gradient, read(`${goldenName}/grad`))
  })
})
