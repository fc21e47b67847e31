import * as tf from '@tensorflow/tfjs-core'
import { checkBackend } from './check-backend.js'
import { checkList } from './check-kinds.js'
import { classNumberOf } from './class-number.js'

/**
 * Labels as one-hot rows: row i is 0 everywhere, and 1 at labels[i]. float32, [labels.length,classes].
 *
 *     oneHot([3, 5], 10)
 *     oneHot(['cat', 'dog'], source.classNames)
 *
 * @param labels   classes by their numbers, or by their names
 * @param classes  how many there are, or their names in the order of their numbers
 */
export function oneHot(
  labels: ArrayLike<number> | readonly (number | string)[],
  classes: number | readonly string[],
): tf.Tensor2D {
  const where = 'core.oneHot'
  checkBackend(where)
  checkList(where, 'labels', labels)
  if (typeof classes !== 'number') checkList(where, 'classes', classes)
  const width = typeof classes === 'number' ? classes : classes.length
  const rows = new Float32Array(labels.length * width)
  for (let i = 0; i < labels.length; i++)
    rows[i * width + classNumberOf(where, `labels[${i}]`, classes, labels[i]!)] = 1
  return tf.tensor2d(rows, [labels.length, width])
}
