import { checkInt, checkNumber, checkOptions, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Turns log-densities of 8-bit images into bits per dimension, the number that papers give. The images are in [-1,1], with
 * uniform noise of one level's width added (dequantisation). The result is an upper bound of the code length.
 *
 *   -(log p + D log w) / (D log 2),  w the width of one level
 *
 * @param logLikelihood  in nats [B], from `logLikelihood`
 * @param dims           D, numbers per sample (H·W·C)
 * @param levelWidth     distance between two levels; 1/127.5 for bytes v as v/127.5 - 1
 * @returns              [B]
 */
export function bitsPerDim(
  logLikelihood: tf.Tensor1D,
  dims: number,
  options: { levelWidth?: number } = {},
): tf.Tensor1D {
  const where = 'reflow.bitsPerDim'
  checkOptions<{ levelWidth?: number }>(where, options, { levelWidth: 'optional' })
  const { levelWidth = 1 / 127.5 } = options
  checkTensor(where, 'logLikelihood', logLikelihood, ['B'])
  checkInt(where, 'dims', dims, 1)
  checkNumber(where, 'levelWidth', levelWidth, Number.MIN_VALUE)
  const offset = dims * Math.log(levelWidth)
  return tf.tidy(() => tf.div(tf.add(logLikelihood, offset), -dims * Math.LN2))
}
