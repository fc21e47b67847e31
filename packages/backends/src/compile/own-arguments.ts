import * as tf from '@tensorflow/tfjs-core'
import { mapLeaves } from './arguments.js'
import { copyOf } from './copy-of.js'

/**
 * The arguments with copies of their tensors, for a recorded run. A recording tells tensors apart by their memory. A function
 * may use the tensor that is its argument from a closure too, or a clone of it: then the recording would take both uses for the
 * argument, and a replay would put the next argument in both places. Arguments that share memory share a copy.
 */
export function ownArguments(args: readonly unknown[]): { own: unknown[]; copies: tf.Tensor[] } {
  const copies: tf.Tensor[] = []
  const first = new Map<object, tf.Tensor>()
  const ownOf = (tensor: tf.Tensor): tf.Tensor => {
    const { dataId, dtype, size, shape } = tensor
    if (tensor instanceof tf.Variable || dtype === 'string' || size === 0) return tensor
    const known = first.get(dataId)
    const copy = known ? tf.tidy(() => tf.reshape(known, shape)) : copyOf(tensor)
    first.set(dataId, copy)
    copies.push(copy)
    return copy
  }
  const own = args.map(arg => mapLeaves(arg, leaf => (leaf instanceof tf.Tensor ? ownOf(leaf) : leaf)))
  return { own, copies }
}
