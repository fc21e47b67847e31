import { checkFunction, checkNumber, checkOptions } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type FeaturePyramid, perceptualDistance } from './perceptual-distance.js'

/**
 * Heads that put a perceptual distance on a known scale: every layer contributes equally, and the mean distance between
 * unrelated images is `mean`.
 *
 * With weights of 1, a layer's share of the distance depends on its width and depth, and the size of the distance depends
 * on how the network was trained. But how a loss trains depends on the size of this distance relative to Huber. So each of
 * the L layers gets one number, mean / (L m_l), where m_l is its mean distance over the pairs. All channels of a layer share
 * this number: unit(f) already weighs channels by how active they are, and weights that make them equal would amplify
 * channels that are almost always 0.
 *
 * @param features  the network, frozen
 * @param a         real images [N,H,W,C]
 * @param b         other real images [N,H,W,C], unrelated to those of a, such as a second random draw
 * @param mean      1; or the mean of another loss over these pairs, so that both have the same scale
 * @returns         one tensor [c] per layer, for the caller to dispose
 */
export function calibrateHeads(
  features: FeaturePyramid,
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  options: { mean?: number } = {},
): tf.Tensor1D[] {
  checkOptions<{ mean?: number }>('losses-lpips-huber.calibrateHeads', options, { mean: 'optional' })
  const { mean = 1 } = options
  checkFunction('losses-lpips-huber.calibrateHeads', 'features', features)
  checkNumber('losses-lpips-huber.calibrateHeads', 'mean', mean, Number.MIN_VALUE)
  return tf.tidy(() => {
    const means = perceptualDistance(features)
      .layers(a, b)
      .map(distances => tf.mean(distances))
    const widths = features(tf.slice(a, 0, 1)).map(map => map.shape[3])
    return widths.map((width, i) => {
      const weight = tf.div(mean / widths.length, means[i]!)
      return tf.mul(tf.ones([width]), weight) as tf.Tensor1D
    })
  })
}
