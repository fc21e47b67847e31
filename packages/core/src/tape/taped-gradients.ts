import * as tf from '@tensorflow/tfjs-core'
import { checkFunction, checkKind } from '../check-kinds.js'

/**
 * The gradient of Σ f() · dy for each x of `by`; undefined for an x that f doesn't use. tfjs has one tape: this puts an
 * outer one back, so it may run inside another gradient's backward pass. If f or a gradient throws, tfjs keeps what it has
 * saved on the tape, the activations, for ever: here they are freed. Call it inside of a tidy.
 *
 * @param dy  of f()'s shape
 */
export function tapedGradients(
  f: () => tf.Tensor,
  by: readonly tf.Tensor[],
  dy: tf.Tensor,
): { value: tf.Tensor; grads: (tf.Tensor | undefined)[] } {
  const where = 'core.tapedGradients'
  checkFunction(where, 'f', f)
  checkKind(where, 'by', by, 'a list of tensors', ['length'])
  const { state } = tf.engine()
  const outer = state.activeTape
  const isOutermost = state.gradientDepth === 0
  try {
    return tf.engine().gradients(f, [...by], dy, true)
  } catch (error) {
    if (isOutermost && state.activeTape !== outer)
      for (const { saved } of state.activeTape ?? []) tf.dispose(saved)
    throw error
  } finally {
    state.activeTape = outer
  }
}
