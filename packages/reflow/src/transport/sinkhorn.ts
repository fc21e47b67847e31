import { checkInt, checkNumber, checkOptions, NumericError, type OptionNames } from '@rectified-flow/core'
import { checkCost } from './check-cost.js'

export interface SinkhornOptions {
  /** How much the plan is smoothed, in units of the cost; towards 0 the plan becomes the exact assignment. */
  epsilon: number
  /** The largest relative error of the sums of rows and columns, which should be 1/n. */
  tolerance?: number
  iterations?: number
}

export const sinkhornNames: OptionNames<SinkhornOptions> = {
  epsilon: 'required',
  tolerance: 'optional',
  iterations: 'optional',
}

/**
 * The entropic transport plan between two sets of n points of equal weight: of all P whose rows and columns sum to 1/n, the
 * one with the smallest sum of P (cost + epsilon log P). Sinkhorn's iterations run on logarithms in float64, so that a small
 * epsilon does not underflow.
 *
 * @param cost  n x n costs, row by row; finite
 * @returns     P, n x n, row by row
 * @throws NumericError 'not-converged' after `iterations`
 * @see Cuturi, Sinkhorn Distances, arXiv 1306.0895; Peyré and Cuturi, Computational Optimal Transport, section 4.4
 */
export function sinkhorn(cost: ArrayLike<number>, n: number, options: SinkhornOptions): Float64Array {
  const where = 'reflow.sinkhorn'
  checkOptions(where, options, sinkhornNames)
  const { epsilon, tolerance = 1e-3, iterations = 10_000 } = options
  checkCost(where, cost, n)
  checkNumber(where, 'epsilon', epsilon, Number.MIN_VALUE)
  checkNumber(where, 'tolerance', tolerance, 0)
  checkInt(where, 'iterations', iterations, 1)
  const kernel = new Float64Array(cost).map(value => -value / epsilon)
  const [rows, columns] = [new Float64Array(n), new Float64Array(n)]
  const share = -Math.log(n)
  let error = Infinity
  for (let k = 0; k < iterations; k++) {
    balance(kernel, n, { target: rows, other: columns, stride: n, step: 1, share })
    error = balance(kernel, n, { target: columns, other: rows, stride: 1, step: n, share })
    if (error <= tolerance) return plan(kernel, n, rows, columns)
  }
  throw new NumericError(
    'not-converged',
    `${where}: sums must be within ${tolerance} of 1/n after ${iterations} iterations, got ${error}. Raise epsilon.`,
  )
}

interface Side {
  target: Float64Array
  other: Float64Array
  /** Line i of the target's side starts at i · stride; its entries are `step` apart. */
  stride: number
  step: number
  share: number
}

/** Set the target's potentials so that its sums are 1/n. Returns the relative error that they had before. */
function balance(kernel: Float64Array, n: number, { target, other, stride, step, share }: Side): number {
  let worst = 0
  for (let i = 0; i < n; i++) {
    let top = -Infinity
    for (let j = 0; j < n; j++) top = Math.max(top, kernel[i * stride + j * step]! + other[j]!)
    let sum = 0
    for (let j = 0; j < n; j++) sum += Math.exp(kernel[i * stride + j * step]! + other[j]! - top)
    const next = share - top - Math.log(sum)
    worst = Math.max(worst, Math.abs(Math.expm1(target[i]! - next)))
    target[i] = next
  }
  return worst
}

function plan(kernel: Float64Array, n: number, rows: Float64Array, columns: Float64Array): Float64Array {
  return kernel.map((value, at) => Math.exp(value + rows[Math.floor(at / n)]! + columns[at % n]!))
}
