import { checkFunction, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ImageDistance } from './perceptual-distance.js'

/**
 * A distance with the squared differences of pixels beside it:
 *
 *   distance(a, b) + mean_hwc (a - b)^2
 *
 * Features don't see what they are robust against, such as a little noise in the background; pixels show it. With a small network this
 * decided whether LPIPS-Huber helped: see docs/reproduction.md.
 *
 * @param distance  such as `perceptualDistance(features)`
 * @returns         of images a, b [B,H,W,C], [B]
 */
export function withPixels(distance: ImageDistance): ImageDistance {
  const where = 'losses-lpips-huber.withPixels'
  checkFunction(where, 'distance', distance)
  return (a, b) => {
    checkTensor(where, 'a', a, ['B', 'H', 'W', 'C'])
    checkTensor(where, 'b', b, a.shape)
    return tf.tidy(() => tf.add(distance(a, b), tf.mean(tf.squaredDifference(a, b), [1, 2, 3])))
  }
}
