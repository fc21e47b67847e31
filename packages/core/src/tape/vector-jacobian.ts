import * as tf from '@tensorflow/tfjs-core'
import { checkFunction, checkKind } from '../check-kinds.js'
import { checkTensor } from '../checks.js'
import { checkGradients } from './check-gradients.js'
import { tapedGradients } from './taped-gradients.js'

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
  checkFunction(where, 'f', f)
  checkKind(where, 'by', by, 'a list of tensors', ['length'])
  checkGradients(where)
  return tf.tidy(() => {
    const checked = () => {
      const value = f()
      checkTensor(where, 'dy', dy, value.shape)
      return value
    }
    const { value, grads } = tapedGradients(checked, by, dy)
    return { value, grads: by.map((tensor, i) => grads[i] ?? tf.zerosLike(tensor)) }
  })
}
