import * as tf from '@tensorflow/tfjs-core'

/**
 * f(), and the gradients of Σ f() · dy by each of `by`, which f uses; zeros for those it does not. Unlike tf.grads this
 * may run inside of another gradient's backward pass.
 *
 * @param dy  of f()'s shape
 */
export function vectorJacobian(
  f: () => tf.Tensor,
  by: readonly tf.Tensor[],
  dy: tf.Tensor,
): { value: tf.Tensor; grads: tf.Tensor[] } {
  const { state } = tf.engine()
  // tfjs has one tape: a gradient taken while another goes backward would leave it without, to fail at its end.
  const outer = state.activeTape
  try {
    return tf.tidy(() => {
      const { value, grads } = tf.engine().gradients(f, [...by], dy, true)
      const found = grads as (tf.Tensor | null | undefined)[]
      return { value, grads: by.map((tensor, i) => found[i] ?? tf.zerosLike(tensor)) }
    })
  } finally {
    state.activeTape = outer
  }
}
