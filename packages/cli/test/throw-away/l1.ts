import type { PremetricChoice } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'

export const l1Choice: PremetricChoice<{ scale?: number }> = {
  help: 'mean absolute error',
  options: { scale: { type: 'number', default: 1, help: 'multiplies it' } },
  make:
    ({ scale = 1 }) =>
    (prediction, target) =>
      tf.tidy(() => tf.mul(tf.mean(tf.abs(tf.sub(prediction, target)), [1, 2, 3]), scale)),
}
