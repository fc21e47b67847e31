import * as tf from '@tensorflow/tfjs-core'

/** One row of images per sample, from one tensor [N,H,W,C] per column. */
export function rowByRow(columns: tf.Tensor4D[]): tf.Tensor4D {
  const [height, width, channels] = columns[0]!.shape.slice(1) as [number, number, number]
  return tf.reshape(tf.stack(columns, 1), [-1, height, width, channels])
}
