import { attention } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { Case, Inputs } from '../case.js'
import { compiledWork } from '../compiled-work.js'
import { normalInputs, tensorOf } from '../host-tensors.js'

/** Self-attention with one head: forward, and with the gradients of q, k and v. They are side by side in one tensor here. */
export function attentionCases(quick: boolean): Case[] {
  const shape = quick ? [1, 16, 8] : [8, 256, 64]
  const common = {
    size: `[${shape}], 1 head`,
    inputs: () => normalInputs(3, { q: shape, k: shape, v: shape, dy: shape }),
  }
  const joined = (inputs: Inputs): tf.Tensor3D =>
    tf.tidy(() =>
      tf.concat(
        ['q', 'k', 'v'].map(name => tensorOf<tf.Tensor3D>(inputs, name)),
        2,
      ),
    )
  const gradient = tf.grad(qkv => attention(qkv as tf.Tensor3D))
  return [
    {
      ...common,
      name: 'attention',
      open(inputs) {
        const qkv = joined(inputs)
        return { run: () => [attention(qkv)], close: () => qkv.dispose() }
      },
    },
    {
      ...common,
      name: 'attention, with gradients',
      open(inputs) {
        const [qkv, dy] = [joined(inputs), tensorOf(inputs, 'dy')]
        return compiledWork(() => [gradient(qkv, dy)], [qkv, dy])
      },
    },
  ]
}
