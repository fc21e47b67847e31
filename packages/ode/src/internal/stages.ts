import { batchOf, checkTensor, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Tableau } from './tableau.js'

/** field(x, t) at one time for the whole batch, checked. */
export function evaluate(where: string, field: Field, x: tf.Tensor, t: number): tf.Tensor {
  const v = field(x, tf.fill([batchOf(x)], t, 'float32'))
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
    // The last stage of many methods stands at the step's end: exactly there, not h's rounding away from it.
    const ti = ci === 1 ? tNext : t + ci * h
    // Only k_i outlives its stage: not the state it was taken at, nor what the field made on its way.
    k.push(tf.tidy(() => evaluate(where, field, combine(x, k, row, h), ti)))
  }
  return { x: combine(x, k, b, h), k }
}
