import * as tf from '@tensorflow/tfjs-core'

/** x [B,H,W,C] with zeros between its rows and columns: [B,(H-1)·rows+1,(W-1)·columns+1,C]. */
export function spread(x: tf.Tensor4D, rows: number, columns: number): tf.Tensor4D {
  if (rows === 1 && columns === 1) return x
  const [b, h, w, c] = x.shape
  const wide = tf.reshape(
    tf.pad(tf.reshape(x, [b * h, w, c]), [
      [0, 0],
      [0, 0],
      [0, (columns - 1) * c],
    ]),
    [b, h, columns * w * c],
  )
  const tall = tf.pad(wide, [
    [0, 0],
    [0, 0],
    [0, (rows - 1) * columns * w * c],
  ])
  const all: tf.Tensor4D = tf.reshape(tall, [b, rows * h, columns * w, c])
  return tf.slice(all, [0, 0, 0, 0], [b, (h - 1) * rows + 1, (w - 1) * columns + 1, c])
}
