import type * as tf from '@tensorflow/tfjs-core'
import { composed } from '../kernel.js'

export const adamEma = composed<'AdamEma'>((ops, inputs) => {
  const values = Object.values<tf.Tensor>(inputs).map(tensor => ops.of(tensor))
  const slots = values.length - 1
  const made = (slots / 5) * 4
  return ops.runAll('RectifiedFlowAdamEma', values, { N: slots, M: made }, made)
})

export const squareSums = composed<'SquareSums'>((ops, inputs) => {
  const values = Object.values<tf.Tensor>(inputs).map(tensor => ops.of(tensor))
  return { sums: ops.run('RectifiedFlowSquareSums', values, { N: values.length }) }
})
