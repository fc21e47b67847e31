import { checkInt, checkOptions, type OptionNames } from '@rectified-flow/core'
import { type DenseOutput, type EmbeddedPair, type ErrorEstimate, hermite } from './embedded-pair.js'
import { checkOrder, checkSum, type Tableau } from './internal/tableau.js'

/**
 * A diagonally implicit Runge-Kutta method with an explicit first stage (ESDIRK) that estimates its error, for stiff fields:
 *
 *   k_i = f(x + h Σ_{j<i} a_ij k_j + h gamma k_i, t + c_i h)     x' is the state of the last stage
 *
 * It solves an equation in each stage, and reads the host while it does so; so it is for adaptive solvers only.
 */
export interface ImplicitPair
  extends Pick<EmbeddedPair, 'name' | 'order' | 'errors' | 'errorOrder' | 'errorNorm' | 'dense'> {
  /** Row i of a has i + 1 numbers, of which the last is gamma; row 0 is [0], and the last row is b. */
  readonly tableau: Tableau
  readonly gamma: number
}

/** What adaptive solvers step with. */
export type AdaptiveMethod = EmbeddedPair | ImplicitPair

export const isImplicit = (method: AdaptiveMethod): method is ImplicitPair => 'gamma' in method

export interface ImplicitPairOptions extends Pick<Tableau, 'a' | 'c'> {
  name: string
  order: number
  /** One estimate: a weight for each stage. */
  error: ErrorEstimate
}

const implicitPairNames: OptionNames<ImplicitPairOptions> = {
  name: 'required',
  order: 'required',
  a: 'required',
  c: 'required',
  error: 'required',
}

/**
 * A pair for `solveAdaptive` of a stiff field, with cubic Hermite dense output. Throws if coefficients are inconsistent: row i of a
 * must sum to c_i and end with gamma, and both results must meet the order conditions of their order.
 */
/* @__NO_SIDE_EFFECTS__ */
export function implicitPair(options: ImplicitPairOptions): ImplicitPair {
  const where = 'ode.implicitPair'
  checkOptions(where, options, implicitPairNames)
  const { name, order, a, c, error } = options
  checkInt(where, 'a.length', a.length, 2)
  checkInt(where, 'c.length', c.length, a.length, a.length)
  const [stages, gamma, b] = [a.length, a[1]?.[1] ?? 0, a.at(-1)!]
  for (const [i, row] of a.entries()) {
    checkInt(where, `a[${i}].length`, row.length, i + 1, i + 1)
    checkSum(where, `a[${i}]`, row, c[i]!)
    checkSum(where, `a[${i}][${i}]`, [row[i]!], i === 0 ? 0 : gamma)
  }
  checkSum(where, 'b', b, 1)
  checkOrder(where, 'b', a, b, order)
  checkInt(where, 'error.weights.length', error.weights.length, stages, stages)
  checkSum(where, 'error.weights', error.weights, 0)
  const other = b.map((bi, i) => bi - error.weights[i]!)
  checkOrder(where, 'b - error.weights', a, other, error.order)
  const dense: DenseOutput = { weights: hermite(b, stages - 1) }
  const errorNorm = (sizes: readonly number[]) => sizes[0]!
  return {
    name,
    order,
    tableau: { a, b, c },
    gamma,
    errors: [error],
    errorOrder: error.order,
    errorNorm,
    dense,
  }
}
