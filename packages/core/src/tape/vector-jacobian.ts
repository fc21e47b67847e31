import * as tf from '@tensorflow/tfjs-core'
import { checkTensor } from '../checks.js'
import { checkGradients } from './check-gradients.js'

/**
 * The vector-Jacobian product dyᵀ ∂f/∂x for each x of `by`: the gradient of Σ f() · dy. It is zeros for an x that f does
 * not use. Unlike tf.grads, it may run inside another gradient's backward pass, and leaves no tensors behind if f throws.
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
  // tfjs has one tape. Without putting the outer tape back, the outer gradient would fail at its end.
  const outer = state.activeTape
  let failure: { error: unknown } | undefined
  const attempt = (): tf.Tensor => {
    try {
      const value = f()
      checkTensor(where, 'dy', dy, value.shape)
      return value
    } catch (error) {
      // An error that passes through tfjs's gradient would leak the tensors saved on the tape. So let it finish, then throw.
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
