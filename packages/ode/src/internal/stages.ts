import { checkTensor, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** field(x, t) at one time for the whole batch, checked. */
export function evaluate(where: string, field: Field, x: tf.Tensor, t: number): tf.Tensor {
  const v = field(x, tf.fill([x.shape[0] as number], t, 'float32'))
  checkTensor(where, 'field(x, t)', v, x.shape)
  return v
}

/** x + h Σ_i weights_i k_i; x itself, not a new handle, where there is nothing to add. */
export function combine(
  x: tf.Tensor,
  k: readonly tf.Tensor[],
  weights: readonly number[],
  h: number,
): tf.Tensor {
  return tf.tidy(() => {
    // The increment is summed before it is added: it is small, and so is its rounding.
    let increment: tf.Tensor | undefined
    for (const [i, weight] of weights.entries()) {
      if (weight === 0) continue
      const term = tf.mul(k[i] as tf.Tensor, h * weight)
      const sum: tf.Tensor = increment ? tf.add(increment, term) : term
      if (increment) tf.dispose([increment, term])
      increment = sum
    }
    return increment ? tf.add(x, increment) : x
  })
}
