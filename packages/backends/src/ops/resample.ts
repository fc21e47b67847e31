import { checkList, checkOneOf, checkTensor, describe } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

/**
 * Halve or double an image's sides with a separable FIR filter (EDM's resampling). [1,1] is the 2x2 mean ('down') and the
 * nearest neighbour ('up'), [1,3,3,1] the filter of NCSN++. Outside of the image there are zeros.
 *
 * @param x          [B,H,W,C], H and W even for 'down'
 * @param direction  'down': [B,H/2,W/2,C], 'up': [B,2H,2W,C]
 * @param filter     taps of the 1-D filter, an even number of them; scaled to the 2-D sum 1 (down) or 4 (up)
 */
export function resample(
  x: tf.Tensor4D,
  direction: 'up' | 'down',
  filter: readonly number[] = [1, 1],
): tf.Tensor4D {
  checkTensor('backends.resample', 'x', x, ['B', 'H', 'W', 'C'])
  checkOneOf('backends.resample', 'direction', direction, ['up', 'down'])
  const [, h, w] = x.shape
  if (direction === 'down' && (h % 2 !== 0 || w % 2 !== 0))
    throw new RangeError(`backends.resample: x must have even height and width to halve, got [${x.shape}].`)
  checkList('backends.resample', 'filter', filter)
  const total = filter.reduce((a, f) => a + f, 0)
  if (filter.length === 0 || filter.length % 2 !== 0 || total === 0)
    throw new RangeError(
      `backends.resample: filter must have an even number of taps whose sum is not 0, got ${describe(filter)}.`,
    )

  const gain = direction === 'up' ? 4 : 1
  return tf.tidy(() => {
    const kernel = direction === 'up' ? 'RepeatBlocks' : 'SumBlocks'
    if (filter.length === 2 && filter[0] === filter[1] && hasKernel(kernel))
      return runKernel(kernel, { x }, { gain: gain / 4 }).y
    const separable = direction === 'up' ? 'ResampleUp' : 'ResampleDown'
    if (hasKernel(separable))
      return runKernel(separable, { x }, { taps: filter.map(f => (Math.sqrt(gain) * f) / total) }).y
    const taps = filter.flatMap(f => filter.map(g => (gain * f * g) / total ** 2))
    return direction === 'up' ? up(x, taps, filter.length) : down(x, taps, filter.length)
  })
}

/** The taps as a depthwise filter [size,size,C,1]. */
function depthwise(taps: number[], size: number, channels: number): tf.Tensor4D {
  return tf.tile(tf.tensor4d(taps, [size, size, 1, 1]), [1, 1, channels, 1])
}

function down(x: tf.Tensor4D, taps: number[], size: number): tf.Tensor4D {
  const pad: [number, number] = [size / 2 - 1, size / 2 - 1]
  const padded: tf.Tensor4D = tf.pad(x, [[0, 0], pad, pad, [0, 0]])
  return tf.depthwiseConv2d(padded, depthwise(taps, size, x.shape[3]), 2, 'valid')
}

function up(x: tf.Tensor4D, taps: number[], size: number): tf.Tensor4D {
  // A zero after every pixel and after every row, then the filter: this is a transposed convolution of stride 2.
  const [b, h, w, c] = x.shape
  const columns = tf.pad(tf.reshape(x, [b * h, w, c]), [
    [0, 0],
    [0, 0],
    [0, c],
  ])
  const rows = tf.pad(tf.reshape(columns, [b, h, 2 * w * c]), [
    [0, 0],
    [0, 0],
    [0, 2 * w * c],
  ])
  const spread: tf.Tensor4D = tf.reshape(rows, [b, 2 * h, 2 * w, c])
  const pad: [number, number] = [size / 2, size / 2 - 1]
  const padded: tf.Tensor4D = tf.pad(spread, [[0, 0], pad, pad, [0, 0]])
  return tf.depthwiseConv2d(padded, depthwise(taps, size, c), 1, 'valid')
}
