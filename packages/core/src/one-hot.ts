import * as tf from '@tensorflow/tfjs-core'
import { checkInt } from './checks.js'

/** Labels as one-hot rows: row i is 0 everywhere, and 1 at labels[i]. float32, [labels.length,classes]. */
export function oneHot(labels: ArrayLike<number>, classes: number): tf.Tensor2D {
  const rows = new Float32Array(labels.length * classes)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    checkInt('core.oneHot', `labels[${i}]`, label, 0, classes - 1)
    rows[i * classes + label] = 1
  }
  return tf.tensor2d(rows, [labels.length, classes])
}
