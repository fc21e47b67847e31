import { checkNumber } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type FeaturePyramid, perceptualDistance } from './perceptual-distance.js'

/**
 * Heads that put a perceptual distance on a known scale: every layer contributes equally, and the mean distance between
 * unrelated images is `mean`.
 *
 * With weights of 1, a layer's share of the distance is an accident of its width and depth, and the distance's size one
 * of the network's training; but its size against Huber is what decides how a loss trains. So each layer gets one
 * number, mean / (L m_l), m_l its mean distance over the pairs. All channels of a layer share it: unit(f) has already
 * weighed them by how active they are, and to even them out would amplify channels that are almost always silent.
 *
 * @param features  the network, frozen
 * @param a         real images [N,H,W,C]
 * @param b         other real images [N,H,W,C], unrelated to those of a: a shuffled second draw
 * @param mean      1, or what another loss gives these pairs, to put the two on one scale
 * @returns         one tensor [c] per layer, for the caller to dispose
 */
export function calibrateHeads(
  features: FeaturePyramid,
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  { mean = 1 }: { mean?: number } = {},
): tf.Tensor1D[] {
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
