import { createRng } from '@rectified-flow/core'
import type { FeaturePyramid } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Two layers of smooth, positive features of [B,H,W,1], for difference quotients: where all features of a ReLU network are
 * 0, unit(f) jumps.
 */
export const smoothPyramid: FeaturePyramid = images =>
  tf.tidy(() => {
    const filter = (seed: number, shape: [number, number, number, number]) =>
      tf.mul(createRng(seed).normal(shape), 0.5) as tf.Tensor4D
    const first = tf.softplus(tf.conv2d(images, filter(1, [3, 3, 1, 4]), 1, 'same')) as tf.Tensor4D
    const halved = tf.avgPool(first, 2, 2, 'valid')
    const second = tf.softplus(tf.conv2d(halved, filter(2, [3, 3, 4, 6]), 1, 'same')) as tf.Tensor4D
    return [first, second]
  })
