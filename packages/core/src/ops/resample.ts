import * as tf from '@tensorflow/tfjs-core'

/**
 * Halve or double an image's sides with a separable FIR filter (EDM's resampling; [1,1] is the 2x2 mean and the
 * nearest neighbour, [1,3,3,1] the filter of NCSN++).
 *
 * @param x          [B,H,W,C], H and W even for 'down'
 * @param direction  'down': [B,H/2,W/2,C], 'up': [B,2H,2W,C]
 * @param filter     taps of the 1-D filter, an even number; normalised to sum 1 (down) or gain 4 in 2-D (up)
 */
export function resample(
  x: tf.Tensor4D,
  direction: 'up' | 'down',
  filter: readonly number[] = [1, 1],
): tf.Tensor4D {
  return tf.tidy(() => {
    const [b, h, w, c] = x.shape
    const taps = filter.length
    const pad = (taps - 1) >> 1
    const sum = filter.reduce((a, f) => a + f, 0)
    const gain = direction === 'up' ? 4 : 1
    const kernel = tf.tensor4d(
      filter.flatMap(f => filter.map(g => (gain * f * g) / sum ** 2)),
      [taps, taps, 1, 1],
    )
    const depthwise = tf.tile(kernel, [1, 1, c, 1]) as tf.Tensor4D
    if (direction === 'down') {
      const padded: tf.Tensor4D = tf.pad(x, [
        [0, 0],
        [pad, pad],
        [pad, pad],
        [0, 0],
      ])
      return tf.depthwiseConv2d(padded, depthwise, 2, 'valid')
    }
    // A zero after every pixel and after every row, then the filter: a transposed convolution of stride 2.
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
    const stuffed: tf.Tensor4D = tf.reshape(rows, [b, 2 * h, 2 * w, c])
    const [before, after] = [taps - 1 - pad, pad]
    const padded: tf.Tensor4D = tf.pad(stuffed, [
      [0, 0],
      [before, after],
      [before, after],
      [0, 0],
    ])
    return tf.depthwiseConv2d(padded, depthwise, 1, 'valid')
  })
}
