import { groupNormSilu } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { Case } from '../case.js'
import { compiledWork } from '../compiled-work.js'
import { normalInputs, tensorOf } from '../host-tensors.js'

const EPSILON = 1e-6

/** GroupNorm and SiLU: forward, and with the gradients of x, gamma and beta. */
export function groupNormCases(quick: boolean): Case[] {
  const [b, side, channels, groups] = quick ? [1, 8, 8, 2] : [8, 32, 64, 16]
  const x = [b, side, side, channels]
  const common = {
    size: `[${x}], ${groups} groups`,
    inputs: () => normalInputs(2, { x, gamma: [channels], beta: [channels], dy: x }),
  }
  const apply = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
    groupNormSilu(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, { groups, epsilon: EPSILON })
  const gradients = tf.grads(apply)
  return [
    {
      ...common,
      name: 'GroupNorm + SiLU',
      open(inputs) {
        const tensors = ['x', 'gamma', 'beta'].map(name => tensorOf(inputs, name)) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ]
        return { run: () => [apply(...tensors)], close: () => tf.dispose(tensors) }
      },
    },
    {
      ...common,
      name: 'GroupNorm + SiLU, with gradients',
      open(inputs) {
        const [dy, ...tensors] = ['dy', 'x', 'gamma', 'beta'].map(name => tensorOf(inputs, name))
        return compiledWork(() => gradients(tensors, dy), [dy!, ...tensors])
      },
    },
  ]
}
