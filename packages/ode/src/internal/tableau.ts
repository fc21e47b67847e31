import { checkInt } from '@rectified-flow/core'
import { orderConditions } from './order-conditions.js'

/**
 * Coefficients of an explicit Runge-Kutta method of s stages:
 *
 *   k_i = f(x + h Σ_{j<i} a_ij k_j, t + c_i h)      x' = x + h Σ_i b_i k_i
 *
 * @see Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.1
 */
export interface Tableau {
  /** Row i has the i numbers before the diagonal; row 0 is empty. */
  readonly a: readonly (readonly number[])[]
  readonly b: readonly number[]
  readonly c: readonly number[]
}

/** Throw unless row i of a sums to c_i, b to 1, and b meets every order condition up to `order`. */
export function checkTableau(where: string, { a, b, c }: Tableau, order: number): void {
  checkInt(where, 'order', order, 1, 10)
  checkInt(where, 'b.length', b.length, 1)
  checkInt(where, 'a.length', a.length, b.length, b.length)
  checkInt(where, 'c.length', c.length, b.length, b.length)
  for (const [i, row] of a.entries()) {
    checkInt(where, `a[${i}].length`, row.length, i, i)
    checkSum(where, `a[${i}]`, row, c[i]!)
  }
  checkSum(where, 'b', b, 1)
  checkOrder(where, 'b', a, b, order)
}

/** Throw unless these weights meet every order condition up to `order`. */
export function checkOrder(
  where: string,
  name: string,
  a: Tableau['a'],
  weights: readonly number[],
  order: number,
): void {
  for (const [p, value, expected] of orderConditions(a, weights, order)) {
    if (Math.abs(value - expected) <= 1e-10) continue
    const got = `${value} for ${expected} in a condition of order ${p}`
    throw new RangeError(`${where}: ${name} must meet the conditions of order ${order}, got ${got}.`)
  }
}

/** Throw unless these numbers sum to `expected`. */
export function checkSum(where: string, name: string, row: readonly number[], expected: number): void {
  const total = row.reduce((sum, value) => sum + value, 0)
  // Not `> 1e-12`: NaN must fail.
  if (!(Math.abs(total - expected) <= 1e-12))
    throw new RangeError(`${where}: ${name} must sum to ${expected}, got ${total}.`)
}
