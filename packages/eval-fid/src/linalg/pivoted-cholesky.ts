/** P^T A P = L L^T, where P orders the rows and L is lower trapezoidal. */
export interface PivotedCholesky {
  /** L, row-major with `dim` numbers a row; only the first `rank` columns hold something. */
  factor: Float64Array
  /** Row i of L belongs to row order[i] of A. */
  order: Int32Array
  rank: number
}

/**
 * Factor a positive semi-definite matrix, singular or not. The largest remaining diagonal is the next pivot; the rank
 * is reached when it is at most dim·2^-52 times the largest diagonal of A, which is what rounding leaves of a zero.
 *
 * @param a  A, symmetric, row-major [dim,dim]
 * @see Higham, Analysis of the Cholesky Decomposition of a Semi-definite Matrix (1990); LAPACK dpstf2
 */
export function pivotedCholesky(a: Float64Array, dim: number): PivotedCholesky {
  const factor = new Float64Array(dim * dim)
  const order = Int32Array.from({ length: dim }, (_, i) => i)
  const remaining = Float64Array.from({ length: dim }, (_, i) => a[i * dim + i] as number)
  const tolerance = dim * Number.EPSILON * remaining.reduce((x, y) => Math.max(x, y), 0)

  for (let j = 0; j < dim; j++) {
    let pivot = j
    for (let i = j + 1; i < dim; i++) if (remaining[i]! > remaining[pivot]!) pivot = i
    if (remaining[pivot]! <= tolerance) return { factor, order, rank: j }
    swap(order, j, pivot)
    swap(remaining, j, pivot)
    for (let k = 0; k < j; k++) swap(factor, j * dim + k, pivot * dim + k)

    const diagonal = Math.sqrt(remaining[j]!)
    factor[j * dim + j] = diagonal
    const row = order[j]! * dim
    for (let i = j + 1; i < dim; i++) {
      const value = (a[row + order[i]!]! - dot(factor, i * dim, j * dim, j)) / diagonal
      factor[i * dim + j] = value
      remaining[i]! -= value * value
    }
  }
  return { factor, order, rank: dim }
}

function swap(array: Float64Array | Int32Array, i: number, j: number): void {
  const kept = array[i]!
  array[i] = array[j]!
  array[j] = kept
}

/** Inner product of two runs of n numbers. Four sums, since one would wait for each addition. */
function dot(array: Float64Array, i: number, j: number, n: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let k = 0
  for (; k + 3 < n; k += 4) {
    s0 += array[i + k]! * array[j + k]!
    s1 += array[i + k + 1]! * array[j + k + 1]!
    s2 += array[i + k + 2]! * array[j + k + 2]!
    s3 += array[i + k + 3]! * array[j + k + 3]!
  }
  for (; k < n; k++) s0 += array[i + k]! * array[j + k]!
  return s0 + s1 + (s2 + s3)
}
