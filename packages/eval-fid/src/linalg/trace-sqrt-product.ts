import { nuclearNorm } from './nuclear-norm.js'
import { type PivotedCholesky, pivotedCholesky } from './pivoted-cholesky.js'

/**
 * tr (A B)^(1/2) of two positive semi-definite matrices, singular or not.
 *
 *   A = L L^T, B = M M^T     tr (A B)^(1/2) = the sum of the singular values of L^T M
 *
 * since (A B) and (L^T M)(L^T M)^T have the same nonzero eigenvalues. No square root is taken of an eigenvalue that
 * rounding may have left of a zero, so rank-deficient covariances keep all digits.
 *
 * @param a, b  symmetric, row-major [dim,dim]
 */
export function traceSqrtProduct(a: Float64Array, b: Float64Array, dim: number): number {
  const factors = [pivotedCholesky(a, dim), pivotedCholesky(b, dim)] as const
  const [tall, wide] = factors[0].rank < factors[1].rank ? [factors[1], factors[0]] : factors
  return nuclearNorm(transposedTimes(tall, wide, dim), tall.rank, wide.rank)
}

/** L^T M [rank of L, rank of M], row by row; both factors are 0 right of their diagonal. */
function transposedTimes(l: PivotedCholesky, m: PivotedCholesky, dim: number): Float64Array {
  const product = new Float64Array(l.rank * m.rank)
  const rowIn = new Int32Array(dim) // where M keeps each row
  m.order.forEach((row, i) => {
    rowIn[row] = i
  })
  for (let p = 0; p < l.rank; p++) {
    const to = p * m.rank
    for (let i = p; i < dim; i++) {
      const scale = l.factor[i * dim + p]!
      const row = rowIn[l.order[i]!]!
      const end = Math.min(m.rank, row + 1)
      for (let q = 0; q < end; q++) product[to + q]! += scale * m.factor[row * dim + q]!
    }
  }
  return product
}
