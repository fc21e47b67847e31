import { checkInt, checkOneOf, checkOptions, checkTensor, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type ResizeMode, resizeModes, resizeWeights } from './resize-weights.js'

export interface ResizeOptions {
  /** Which tool's resize to use; see `resizeWeights`. */
  mode?: ResizeMode
}

const resizeNames: OptionNames<ResizeOptions> = {
  mode: 'optional',
}

/**
 * Resize images on the 0..255 scale as `mode` says, in float32, without rounding to integers. Values that the bicubic
 * filter puts outside of 0..255 stay, as in Pillow; `toNetworkInput` clips them as clean-fid does.
 *
 * @param images  [N,H,W,C]
 * @returns       [N,height,width,C]
 */
export function resize(
  images: tf.Tensor4D,
  size: readonly [height: number, width: number],
  options: ResizeOptions = {},
): tf.Tensor4D {
  const where = 'eval-fid.resize'
  checkOptions(where, options, resizeNames)
  const { mode = 'clean' } = options
  const [height, width] = size
  checkTensor(where, 'images', images, ['N', 'H', 'W', 'C'])
  checkInt(where, 'height', height, 1)
  checkInt(where, 'width', width, 1)
  checkOneOf(where, 'mode', mode, resizeModes)
  const [n, h, w, c] = images.shape
  return tf.tidy(() => {
    // Each axis in turn is moved to the end and multiplied by its matrix; columns first, as in Pillow.
    const columns = axis(tf.transpose(images, [0, 1, 3, 2]), mode, w, width)
    const byColumn = tf.transpose(tf.reshape(columns, [n, h, c, width]), [0, 3, 2, 1])
    const rows = tf.reshape(axis(byColumn, mode, h, height), [n, width, c, height])
    return tf.transpose(rows, [0, 3, 1, 2]) as tf.Tensor4D
  })
}

function axis(x: tf.Tensor, mode: ResizeMode, from: number, to: number): tf.Tensor {
  const weights = tf.tensor2d(resizeWeights(mode, from, to), [to, from])
  return tf.matMul(tf.reshape(x, [-1, from]), weights, false, true)
}
