import { checkNumber, checkTensor, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { explicitStep } from './internal/stages.js'
import { checkTableau, type Tableau } from './internal/tableau.js'
import type { Method } from './method.js'

export type { Tableau }

export interface RungeKuttaOptions extends Tableau {
  name: string
  order: number
}

/** A method defined by its tableau. */
export interface RungeKutta extends Method {
  readonly tableau: Tableau
}

/**
 * The method of a tableau. Throws if the tableau is inconsistent: row i of a must sum to c_i, b must sum to 1, and b must
 * meet every order condition up to `order`.
 */
/* @__NO_SIDE_EFFECTS__ */
export function rungeKutta({ name, order, a, b, c }: RungeKuttaOptions): RungeKutta {
  checkTableau('ode.rungeKutta', { a, b, c }, order)
  const where = `ode.${name}.step`
  const tableau = { a, b, c }
  return {
    name,
    order,
    tableau,
    step(field: Field, x: tf.Tensor, t: number, tNext: number) {
      checkTensor(where, 'x', x, ['B', '...'])
      checkNumber(where, 't', t)
      checkNumber(where, 'tNext', tNext)
      return tf.tidy(() => ({ x: explicitStep(where, tableau, field, x, t, tNext).x, nfe: a.length }))
    },
  }
}
