import * as tf from '@tensorflow/tfjs-core'
import { resize } from './resize.js'
import type { ResizeMode } from './resize-weights.js'

/**
 * Images as measuring networks take them, before they are normalised: rounded to 8-bit pixels (as they are saved), resized to a
 * square without a crop, and clipped to 0..255.
 *
 * @param images  [N,H,W,3] in [-1,1], or grey [N,H,W,1], which counts as three equal channels
 * @returns       [N,side,side,3] on the scale of 0..255
 */
export function toNetworkInput(images: tf.Tensor4D, side: number, mode: ResizeMode): tf.Tensor4D {
  return tf.tidy(() => {
    const pixels = tf.clipByValue(tf.floor(tf.add(tf.mul(images, 127.5), 128)), 0, 255)
    const resized = resize(pixels as tf.Tensor4D, [side, side], { mode })
    const colour = images.shape[3] === 1 ? tf.tile(resized, [1, 1, 1, 3]) : resized
    return tf.clipByValue(colour, 0, 255) as tf.Tensor4D
  })
}
