import * as tf from '@tensorflow/tfjs-core'
import { vectorJacobian } from './vector-jacobian.js'

/**
 * f(inputs), whose activations are made again for the gradient instead of kept. Between the passes only the inputs
 * live. f must give the same numbers each time and depend on nothing else that has a gradient.
 *
 * @see Chen, Xu, Zhang, Guestrin, Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174
 */
export function recompute<T extends tf.Tensor>(f: (inputs: tf.Tensor[]) => T, inputs: tf.Tensor[]): T {
  const run = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc
    const given = args as tf.Tensor[]
    save(given)
    return {
      value: f(given),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => vectorJacobian(() => f(saved), saved, dy).grads),
    }
  })
  return run(...inputs) as T
}
