import { attention } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { Case } from '../case.js'
import { compiledWork } from '../compiled-work.js'
import { normalInputs, tensorOf } from '../host-tensors.js'

/** Self-attention with one head: forward, and with the gradients of q, k and v. */
export function attentionCases(quick: boolean): Case[] {
  const shape = quick ? [1, 16, 8] : [8, 256, 64]
  const common = {
    size: `[${shape}], 1 head`,
    inputs: () => normalInputs(3, { q: shape, k: shape, v: shape, dy: shape }),
  }
  const apply = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
    attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D)
  const gradients = tf.grads(apply)
  return [
    {
      ...common,
      name: 'attention',
      open(inputs) {
        const tensors = ['q', 'k', 'v'].map(name => tensorOf(inputs, name)) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ]
        return { run: () => [apply(...tensors)], close: () => tf.dispose(tensors) }
      },
    },
    {
      ...common,
      name: 'attention, with gradients',
      open(inputs) {
        const [dy, ...tensors] = ['dy', 'q', 'k', 'v'].map(name => tensorOf(inputs, name))
        return compiledWork(() => gradients(tensors, dy), [dy!, ...tensors])
      },
    },
  ]
}
