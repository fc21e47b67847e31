import { checkNumber, checkOptions, checkTensor, type Field, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { explicitStep } from './internal/stages.js'
import { checkTableau, type Tableau } from './internal/tableau.js'
import type { Method } from './method.js'

export type { Tableau }

export interface RungeKuttaOptions extends Tableau {
  name: string
  order: number
}

export const rungeKuttaNames: OptionNames<RungeKuttaOptions> = {
  name: 'required',
  order: 'required',
  a: 'required',
  b: 'required',
  c: 'required',
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
export function rungeKutta(options: RungeKuttaOptions): RungeKutta {
  checkOptions('ode.rungeKutta', options, rungeKuttaNames)
  const { name, order, a, b, c } = options
  const tableau = { a, b, c }
  checkTableau('ode.rungeKutta', tableau, order)
  const where = `ode.${name}.step`
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
