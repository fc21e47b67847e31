import * as tf from '@tensorflow/tfjs-core'
import { mapLeaves } from './arguments.js'

/**
 * Copies of the tensors among the arguments. A recording knows a tensor by its numbers: it would take an argument that the
 * function has from elsewhere too, or a clone of it, for the argument. Tensors of the same numbers share their copy.
 */
export function ownArguments(args: readonly unknown[]): { own: unknown[]; copies: tf.Tensor[] } {
  const copies: tf.Tensor[] = []
  const first = new Map<object, tf.Tensor>()
  const copyOf = (tensor: tf.Tensor): tf.Tensor => {
    const { dataId, dtype, size, shape } = tensor
    if (tensor instanceof tf.Variable || dtype === 'string' || size === 0) return tensor
    const copy = tf.tidy(() => tf.reshape(first.get(dataId) ?? tf.tile(tf.reshape(tensor, [-1]), [1]), shape))
    first.set(dataId, copy)
    copies.push(copy)
    return copy
  }
  const own = args.map(arg => mapLeaves(arg, leaf => (leaf instanceof tf.Tensor ? copyOf(leaf) : leaf)))
  return { own, copies }
}
