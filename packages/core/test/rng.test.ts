import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('draws', () => {
  const r = createRng(1)
  const x = r.normals(100000)
  expect(Math.abs(x.reduce((a, b) => a + b) / x.length)).toBeLessThan(5 / Math.sqrt(x.length))
})
it('has gradients', () => {
  const g = tf.grad(x => tf.sum(tf.square(x)))(tf.tensor1d([1, 2]))
  expect([...g.dataSync()]).toEqual([2, 4])
})
