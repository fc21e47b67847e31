import { batchOf, checkTensor, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Tableau } from './tableau.js'

/** field(x, t) at one time for the whole batch; the result is checked. */
export function evaluate(where: string, field: Field, x: tf.Tensor, t: number): tf.Tensor {
  const v = field(x, tf.fill([batchOf(x)], t, 'float32'))
  checkTensor(where, 'field(x, t)', v, x.shape)
  return v
}

/** x + h Σ_i weights_i k_i. If there is nothing to add, x itself and not a new handle. */
export function combine(
  x: tf.Tensor,
  k: readonly tf.Tensor[],
  weights: readonly number[],
  h: number,
): tf.Tensor {
  return tf.tidy(() => {
    // Sum the increment before adding it to x: it is small, so that its rounding errors are small.
    let increment: tf.Tensor | undefined
    for (const [i, weight] of weights.entries()) {
      if (weight === 0) continue
      const term = tf.mul(k[i]!, h * weight)
      const sum: tf.Tensor = increment ? tf.add(increment, term) : term
      if (increment) tf.dispose([increment, term])
      increment = sum
    }
    return increment ? tf.add(x, increment) : x
  })
}

/** One step of a tableau: the state at its end, and the velocity of each stage. Runs in the caller's tidy. */
export function explicitStep(
  where: string,
  { a, b, c }: Tableau,
  field: Field,
  x: tf.Tensor,
  t: number,
  tNext: number,
): { x: tf.Tensor; k: tf.Tensor[] } {
  const h = tNext - t
  const k: tf.Tensor[] = []
  for (const [i, row] of a.entries()) {
    const ci = c[i]!
    // The last stage of many methods is at the step's end: take its exact time, without the rounding of t + h.
    const ti = ci === 1 ? tNext : t + ci * h
    // Keep only k_i: the state of this stage and the field's intermediate tensors are freed here.
    k.push(tf.tidy(() => evaluate(where, field, combine(x, k, row, h), ti)))
  }
  return { x: combine(x, k, b, h), k }
}
