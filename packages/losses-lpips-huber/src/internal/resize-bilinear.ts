import * as tf from '@tensorflow/tfjs-core'

/**
 * Bilinear resizing with half-pixel centres and no antialiasing, as PyTorch's interpolate(mode='bilinear'). It is two matrix
 * products, whose gradient is right; that of tfjs's own resizing ignores half-pixel centres.
 *
 * @param images  [B,H,W,C]
 * @returns       [B,height,width,C]
 */
export function resizeBilinear(images: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [b, h, w, c] = images.shape
  if (h === height && w === width) return tf.clone(images)
  return tf.tidy(() => {
    const planes = tf.transpose(images, [0, 3, 1, 2])
    const across = tf.matMul(tf.reshape(planes, [b * c * h, w]), interpolation(w, width))
    const turned = tf.transpose(tf.reshape(across, [b, c, h, width]), [0, 1, 3, 2])
    const down = tf.matMul(tf.reshape(turned, [b * c * width, h]), interpolation(h, height))
    return tf.transpose(tf.reshape(down, [b, c, width, height]), [0, 3, 2, 1])
  })
}

/** The weights of linear interpolation from `from` places to `to` places: [from,to]. */
function interpolation(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(from * to)
  const put = (row: number, column: number, weight: number) => {
    const at = row * to + column
    matrix[at] = matrix[at]! + weight
  }
  for (let i = 0; i < to; i++) {
    const place = Math.max(0, ((i + 0.5) * from) / to - 0.5)
    const before = Math.min(Math.floor(place), from - 1)
    put(before, i, 1 - (place - before))
    put(Math.min(before + 1, from - 1), i, place - before)
  }
  return tf.tensor2d(matrix, [from, to])
}
