import type * as tf from '@tensorflow/tfjs-core'
import { composed } from '../kernel.js'

/** `L2Loss` is half the sum of squares. */
export const squareSums = composed<'SquareSums'>((ops, inputs) => {
  const halves = Object.values<tf.Tensor>(inputs).map(x => ops.run('L2Loss', [ops.of(x)]))
  return { sums: ops.mul(ops.pack(halves), ops.number(2)) }
})
