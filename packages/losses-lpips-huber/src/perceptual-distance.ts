import {
  checkFunction,
  checkKind,
  checkOptions,
  checkTensor,
  constant,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { resizeBilinear } from './internal/resize-bilinear.js'
import { unit, unitDistance } from './internal/unit-distance.js'

/** The distance of two batches of images, sample by sample: [B,H,W,C], [B,H,W,C] -> [B]. */
export type ImageDistance = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor1D

/**
 * The feature maps of a frozen network: images [B,H,W,C] in [-1,1] -> one [B,h,w,c] per layer. The network itself resizes
 * and normalises its images, and chooses its pooling (maximum in the lpips package, average in 2-rectified flow++). Its
 * weights must be plain tensors, because tf.variableGrads would train variables.
 */
export interface FeaturePyramid {
  (images: tf.Tensor4D): tf.Tensor4D[]
  /**
   * The maps of images, and those of constants of the same shape, which get no gradient, where a network gains by computing both
   * at once; null where it doesn't.
   */
  pair?(images: tf.Tensor4D, constants: tf.Tensor4D): [tf.Tensor4D[], tf.Tensor4D[]] | null
}

export interface PerceptualDistanceOptions {
  /** One weight per channel, [c] for each layer: LPIPS's linear heads. Borrowed as long as the distance is used. Default: 1. */
  heads?: readonly tf.Tensor1D[]
}

const perceptualDistanceNames: OptionNames<PerceptualDistanceOptions> = {
  heads: 'optional',
}

/** A distance, also by layer ([B] each) and by pixel ([B,H,W,1]: the layers' maps, resized bilinearly to the size of a). */
export interface PerceptualDistance extends ImageDistance {
  layers(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D[]
  map(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D
}

/**
 * The LPIPS formula over any feature network:
 *
 *   d(a, b) = sum_l mean_hw sum_c w_lc (unit(f_l(a)) - unit(f_l(b)))_c^2,   unit(f) = f / (|f| + 1e-10)
 *
 * Only `a` gets a gradient: b's features are constants, computed with the tape off. Put the prediction first.
 *
 * @see Zhang et al., arXiv 1801.03924; w multiplies the square, as in the lpips package (equation 1 has w inside it)
 */
export function perceptualDistance(
  features: FeaturePyramid,
  options: PerceptualDistanceOptions = {},
): PerceptualDistance {
  checkOptions('losses-lpips-huber.perceptualDistance', options, perceptualDistanceNames)
  const { heads } = options
  checkFunction('losses-lpips-huber.perceptualDistance', 'features', features)
  const layers: PerceptualDistance['layers'] = (a, b) =>
    tf.tidy(() => layerMaps(features, heads, a, b).map(map => tf.mean<tf.Tensor1D>(map, [1, 2])))
  const map: PerceptualDistance['map'] = (a, b) =>
    tf.tidy(() => {
      const [, height, width] = a.shape
      const maps = layerMaps(features, heads, a, b)
      return tf.addN(maps.map(map => resizeBilinear(tf.expandDims(map, 3), [height, width])))
    })
  const distance: ImageDistance = (a, b) => tf.tidy(() => tf.addN(layers(a, b)))
  return Object.assign(distance, { layers, map })
}

/** Each layer's distance pixel by pixel, [B,h,w]. */
function layerMaps(
  features: FeaturePyramid,
  heads: readonly tf.Tensor1D[] | undefined,
  a: tf.Tensor4D,
  b: tf.Tensor4D,
): tf.Tensor3D[] {
  const where = 'losses-lpips-huber.perceptualDistance'
  checkTensor(where, 'a', a, ['B', 'H', 'W', 'C'])
  checkTensor(where, 'b', b, a.shape)
  return tf.tidy(() => {
    const listed = (maps: tf.Tensor4D[]): tf.Tensor4D[] => {
      checkKind(where, 'features(images)', maps, 'a list of tensors', ['map', 'length'])
      return maps
    }
    const both = features.pair?.(a, b)
    const targets = constant(() => listed(both ? both[1] : features(b)).map(unit))
    const maps = listed(both ? both[0] : features(a))
    if (heads && heads.length !== maps.length)
      throw new RangeError(
        `${where}: heads must have one weight tensor per layer (${maps.length}), got ${heads.length}.`,
      )
    return maps.map((map, i) => {
      if (heads) checkTensor(where, `heads[${i}]`, heads[i], [map.shape[3]])
      return unitDistance(map, targets[i]!, heads?.[i] ?? tf.ones([map.shape[3]]))
    })
  })
}
