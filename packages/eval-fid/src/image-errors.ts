import { checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Mean squared difference between each image and its original, both in [-1,1], to measure reconstructions.
 *
 * @param images     [N,H,W,C]
 * @param originals  [N,H,W,C]
 * @returns                  [N]
 */
export function meanSquaredError(images: tf.Tensor4D, originals: tf.Tensor4D): tf.Tensor1D {
  return squaredErrors('eval-fid.meanSquaredError', images, originals)
}

/**
 * Peak signal-to-noise ratio of each image in decibels, 10 log10(4 / mean squared difference). 4 is the square of the
 * length of [-1,1]. Infinite for equal images.
 *
 * @param images     [N,H,W,C] in [-1,1]
 * @param originals  [N,H,W,C] in [-1,1]
 * @returns                  [N]
 */
export function peakSignalToNoise(images: tf.Tensor4D, originals: tf.Tensor4D): tf.Tensor1D {
  return tf.tidy(() => {
    const error = squaredErrors('eval-fid.peakSignalToNoise', images, originals)
    return tf.mul(tf.log(tf.div(4, error)), 10 / Math.LN10) as tf.Tensor1D
  })
}

function squaredErrors(where: string, images: tf.Tensor4D, originals: tf.Tensor4D): tf.Tensor1D {
  checkTensor(where, 'images', images, ['N', 'H', 'W', 'C'])
  checkTensor(where, 'originals', originals, images.shape)
  return tf.tidy(() => tf.mean(tf.square(tf.sub(images, originals)), [1, 2, 3]) as tf.Tensor1D)
}
