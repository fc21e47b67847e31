import { checkNumber, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { combine, evaluate, explicitStep } from '../internal/stages.js'
import type { Method } from '../method.js'
import type { RungeKutta } from '../runge-kutta.js'
import { midpoint } from './midpoint.js'
import { rk3 } from './rk3.js'
import { rk4 } from './rk4.js'

/** ∫ from 0 to 1 of Π_{j≠i} (s - nodes_j)/(nodes_i - nodes_j) ds, for each i. Even nodes give 1; 3/2, -1/2; 23/12 ... */
function lagrangeIntegrals(nodes: readonly number[]): number[] {
  return nodes.map((node, i) => {
    let polynomial = [1] // coefficients of 1, s, s² ...
    for (const [j, other] of nodes.entries()) {
      if (j === i) continue
      const next = Array.from({ length: polynomial.length + 1 }, () => 0)
      for (const [power, value] of polynomial.entries()) {
        next[power + 1] = next[power + 1]! + value / (node - other)
        next[power] = next[power]! - (value * other) / (node - other)
      }
      polynomial = next
    }
    return polynomial.reduce((total, value, power) => total + value / (power + 1), 0)
  })
}

/** Adams-Bashforth on any grid: integrate the polynomial through the last velocities. Its time unit is this step. */
/* @__NO_SIDE_EFFECTS__ */
function adamsBashforth(name: string, starter: RungeKutta): Method {
  const { order } = starter
  const where = `ode.${name}.step`
  return {
    name,
    order,
    past: order - 1,
    step(field, x, t, tNext, past = []) {
      checkTensor(where, 'x', x, ['B', '...'])
      checkNumber(where, 't', t)
      checkNumber(where, 'tNext', tNext)
      return tf.tidy(() => {
        if (past.length < order - 1) {
          const { x: end, k } = explicitStep(where, starter.tableau, field, x, t, tNext)
          return { x: end, nfe: k.length, v: k[0]! }
        }
        const h = tNext - t
        const v = tf.tidy(() => evaluate(where, field, x, t))
        const recent = past.slice(0, order - 1)
        const weights = lagrangeIntegrals([0, ...recent.map(step => (step.t - t) / h)])
        return { x: combine(x, [v, ...recent.map(step => step.v)], weights, h), nfe: 1, v }
      })
    },
  }
}

/**
 * Adams-Bashforth methods of order 2, 3 and 4: 1 call a step. The first 1, 2 or 3 steps, which don't have enough steps
 * before them, are Runge-Kutta steps of the same order, with as many calls as those take. Grids may be uneven.
 *
 *   ab2   x' = x + h (3/2 v_n - 1/2 v_{n-1})                               on an even grid
 *   ab3   x' = x + h (23 v_n - 16 v_{n-1} + 5 v_{n-2})/12
 *   ab4   x' = x + h (55 v_n - 59 v_{n-1} + 37 v_{n-2} - 9 v_{n-3})/24
 *
 * @see Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, sections III.1 and III.5
 */
export const ab2 = adamsBashforth('ab2', midpoint)
export const ab3 = adamsBashforth('ab3', rk3)
export const ab4 = adamsBashforth('ab4', rk4)
