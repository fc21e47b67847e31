import { checkInt, checkNumber, checkTensor, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { combine, evaluate } from './internal/stages.js'
import type { Method } from './method.js'

/**
 * Coefficients of an explicit Runge-Kutta method of s stages:
 *
 *   k_i = f(x + h Σ_{j<i} a_ij k_j, t + c_i h)      x' = x + h Σ_i b_i k_i
 *
 * @see Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.1
 */
export interface Tableau {
  /** Row i holds the i numbers before the diagonal; row 0 is empty. */
  readonly a: readonly (readonly number[])[]
  readonly b: readonly number[]
  readonly c: readonly number[]
}

export interface RungeKuttaOptions extends Tableau {
  name: string
  order: number
}

/** The method of a tableau. Throws where it is inconsistent: row i of a must sum to c_i, and b to 1. */
export function rungeKutta({
  name,
  order,
  a,
  b,
  c,
}: RungeKuttaOptions): Method & { readonly tableau: Tableau } {
  checkInt('ode.rungeKutta', 'order', order, 1)
  checkTableau({ a, b, c })
  const where = `ode.${name}.step`
  return {
    name,
    order,
    tableau: { a, b, c },
    step(field: Field, x: tf.Tensor, t: number, tNext: number) {
      checkTensor(where, 'x', x, ['B', '...'])
      checkNumber(where, 't', t)
      checkNumber(where, 'tNext', tNext)
      const h = tNext - t
      return tf.tidy(() => {
        const k: tf.Tensor[] = []
        for (const [i, row] of a.entries()) {
          const ci = c[i] as number
          // The last stage of many methods stands at the step's end: exactly there, not h's rounding away from it.
          const ti = ci === 1 ? tNext : t + ci * h
          // Only k_i outlives its stage: not the state it was taken at, nor what the field made on its way.
          k.push(tf.tidy(() => evaluate(where, field, combine(x, k, row, h), ti)))
        }
        return { x: combine(x, k, b, h), nfe: a.length }
      })
    },
  }
}

function checkTableau({ a, b, c }: Tableau): void {
  const where = 'ode.rungeKutta'
  checkInt(where, 'b.length', b.length, 1)
  checkInt(where, 'a.length', a.length, b.length, b.length)
  checkInt(where, 'c.length', c.length, b.length, b.length)
  for (const [i, row] of a.entries()) {
    checkInt(where, `a[${i}].length`, row.length, i, i)
    checkSum(`a[${i}]`, row, c[i] as number)
  }
  checkSum('b', b, 1)
}

function checkSum(name: string, row: readonly number[], expected: number): void {
  const total = row.reduce((sum, value) => sum + value, 0)
  // Not `> 1e-12`: NaN must fail.
  if (!(Math.abs(total - expected) <= 1e-12))
    throw new RangeError(`ode.rungeKutta: ${name} must sum to ${expected}, got ${total}.`)
}
