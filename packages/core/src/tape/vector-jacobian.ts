import * as tf from '@tensorflow/tfjs-core'
import { checkTensor } from '../checks.js'
import { checkGradients } from './check-gradients.js'

/**
 * The vector-Jacobian product dyᵀ ∂f/∂x for each x of `by`: the gradient of Σ f() · dy. Zeros for those that f does not
 * use. Unlike tf.grads it may run inside of another gradient's backward pass, and leaves nothing behind where f throws.
 *
 * @param f   uses the tensors of `by`, returns a new tensor
 * @param dy  of f()'s shape
 * @returns   f(), and a gradient for each of `by`, of its shape
 */
export function vectorJacobian(
  f: () => tf.Tensor,
  by: readonly tf.Tensor[],
  dy: tf.Tensor,
): { value: tf.Tensor; grads: tf.Tensor[] } {
  const where = 'core.vectorJacobian'
  checkGradients(where)
  const { state } = tf.engine()
  // tfjs has one tape: a gradient taken while another goes backward would leave it without, to fail at its end.
  const outer = state.activeTape
  let failure: { error: unknown } | undefined
  const attempt = (): tf.Tensor => {
    try {
      const value = f()
      checkTensor(where, 'dy', dy, value.shape)
      return value
    } catch (error) {
      // A throw through the tape would leave what it saved for the backward pass: let it come to its end first.
      failure = { error }
      return tf.zerosLike(dy)
    }
  }
  try {
    return tf.tidy(() => {
      const { value, grads } = tf.engine().gradients(attempt, [...by], dy, true)
      if (failure) throw failure.error
      const found = grads as (tf.Tensor | null | undefined)[]
      return { value, grads: by.map((tensor, i) => found[i] ?? tf.zerosLike(tensor)) }
    })
  } finally {
    state.activeTape = outer
  }
}
