import * as tf from '@tensorflow/tfjs-core'
import { checkFunction, checkKind } from '../check-kinds.js'
import { vectorJacobian } from './vector-jacobian.js'

/**
 * f(inputs), whose activations are computed again in the backward pass instead of being kept. Between the two passes only
 * the inputs stay in memory. f must give the same numbers each time, and use nothing but the inputs that needs a gradient.
 *
 * @see Chen, Xu, Zhang, Guestrin, Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174
 */
export function recompute<T extends tf.Tensor>(f: (inputs: tf.Tensor[]) => T, inputs: tf.Tensor[]): T {
  const where = 'core.recompute'
  checkFunction(where, 'f', f)
  checkKind(where, 'inputs', inputs, 'a list of tensors', ['length'])
  const run = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc
    const given = args as tf.Tensor[]
    const value = f(given)
    save(given) // after f, because tfjs would never free them if f threw
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => vectorJacobian(() => f(saved), saved, dy).grads),
    }
  })
  return run(...inputs) as T
}
