import * as tf from '@tensorflow/tfjs-core'

/** Images in [-1,1] as bytes, clipped: round((v + 1) 127.5), as the reference stores them. */
export async function imageBytes(images: tf.Tensor): Promise<Uint8Array> {
  const levels = tf.tidy(() => tf.round(tf.mul(tf.add(tf.clipByValue(images, -1, 1), 1), 127.5)))
  try {
    return Uint8Array.from(await levels.data())
  } finally {
    levels.dispose()
  }
}

/** Bytes as images in [-1,1], [n,H,W,C]: v / 127.5 - 1. */
export function bytesToImages(bytes: Uint8Array, shape: readonly [number, number, number]): tf.Tensor4D {
  const size = shape[0] * shape[1] * shape[2]
  return tf.tensor4d(
    new Float32Array(bytes).map(value => value / 127.5 - 1),
    [bytes.length / size, ...shape],
  )
}

/** One-hot rows [n,classes]. */
export function oneHot(labels: ArrayLike<number>, classes: number): tf.Tensor2D {
  const rows = new Float32Array(labels.length * classes)
  for (let i = 0; i < labels.length; i++) rows[i * classes + (labels[i] as number)] = 1
  return tf.tensor2d(rows, [labels.length, classes])
}
