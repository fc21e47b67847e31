import * as tf from '@tensorflow/tfjs-core'
import { checkInt, checkTensor } from '../checks.js'

/**
 * One number per sample, in the shape that broadcasts over samples like x: [B] becomes [B,1,...], of x's rank. A plain
 * number stays as it is: all samples share it.
 *
 *     tf.mul(alongBatch(t, x), x)   // each sample times its own t
 */
export function alongBatch<T extends tf.Tensor | number>(values: T, x: { readonly rank: number }): T {
  if (typeof values === 'number') return values
  checkTensor('core.alongBatch', 'values', values, ['...'], values?.dtype)
  checkInt('core.alongBatch', 'x.rank', x?.rank, 1)
  return tf.reshape(values, [values.size, ...Array<number>(x.rank - 1).fill(1)]) as T
}
