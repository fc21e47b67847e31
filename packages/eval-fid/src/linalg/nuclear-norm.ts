import { bidiagonalise } from './bidiagonal.js'
import { tridiagonalEigenvalues } from './tridiagonal.js'

/**
 * Sum of the singular values of a matrix. Those of the bidiagonal B are found as the eigenvalues ±s of the tridiagonal
 * matrix with zero diagonal and d1, e1, d2, e2, ... beside it: B^T B would square them and lose half of the digits.
 *
 * @param a  row-major [rows,columns], rows >= columns; overwritten
 * @see Golub, Kahan, Calculating the Singular Values and Pseudo-Inverse of a Matrix (1965)
 */
export function nuclearNorm(a: Float64Array, rows: number, columns: number): number {
  if (columns === 0) return 0
  const { diagonal, upper } = bidiagonalise(a, rows, columns)
  const beside = new Float64Array(2 * columns - 1)
  diagonal.forEach((value, i) => {
    beside[2 * i] = value
  })
  upper.forEach((value, i) => {
    beside[2 * i + 1] = value
  })
  const eigenvalues = tridiagonalEigenvalues(new Float64Array(2 * columns), beside)
  return eigenvalues.reduce((sum, value) => sum + Math.abs(value), 0) / 2
}
