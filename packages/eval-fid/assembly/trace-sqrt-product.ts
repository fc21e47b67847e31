import { BLOCK, bidiagonalise } from './bidiagonal'
import { addProduct } from './products'
import { tridiagonalEigenvalues } from './tridiagonal'

/** Number of rows of the first factor that one product takes; the columns left of these rows are 0. */
const ROWS: i32 = 64
const DEPTH: i32 = 128

/** How many numbers `traceOfFactors` needs room for. */
export function roomFor(dim: i32): i32 {
  return (2 * BLOCK + 3) * 2 * dim + 10 * BLOCK + 8 * dim + 4 * DEPTH
}

/**
 * tr (A B)^(1/2) = the sum of the singular values of L^T M, where A = L L^T and B = M M^T, in whatever order of rows.
 * They are the singular values s of its bidiagonal form, found as the eigenvalues ±s of the tridiagonal matrix that has a
 * zero diagonal and d1, e1, d2, e2, ... beside it. Finding s² instead would lose half of the digits.
 *
 * @param l, m    factors [dim,dim] of ranks lRank >= mRank, with zeros right of their diagonals; overwritten
 * @param lOrder, mOrder  the row of A or B to which each row of l or m belongs, i32 [dim]; mOrder is overwritten
 * @param spare   [dim,dim]
 * @param room    for `roomFor(dim)` numbers
 * @returns       the trace; NaN where the eigenvalues don't converge
 * @see Golub, Kahan, Calculating the Singular Values and Pseudo-Inverse of a Matrix (1965)
 */
export function traceOfFactors(
  l: usize,
  lOrder: usize,
  lRank: i32,
  m: usize,
  mOrder: usize,
  mRank: i32,
  spare: usize,
  room: usize,
  dim: i32,
): f64 {
  if (mRank == 0) return 0
  const stride = (<usize>dim) << 3
  // The rows of M in L's order, in the spare matrix.
  for (let i = 0; i < dim; i++) store<i32>(room + ((<usize>load<i32>(mOrder + (i << 2))) << 2), i)
  for (let i = 0; i < dim; i++) {
    const row = load<i32>(room + ((<usize>load<i32>(lOrder + (i << 2))) << 2))
    memory.copy(spare + <usize>i * stride, m + <usize>row * stride, stride)
  }
  transpose(l, dim)
  memory.fill(m, 0, stride * <usize>dim)
  for (let p = 0; p < lRank; p += ROWS)
    for (let k = p; k < dim; k += DEPTH)
      addProduct(
        m + <usize>p * stride,
        stride,
        l + <usize>p * stride + (k << 3),
        stride,
        spare + <usize>k * stride,
        stride,
        min(ROWS, lRank - p),
        mRank,
        min(DEPTH, dim - k),
        1,
        room,
      )
  const d = room
  const e = d + 2 * stride
  const between = e + 2 * stride
  bidiagonalise(m, stride, lRank, mRank, between, between + stride, between + 2 * stride)
  for (let i = 0; i < mRank; i++) {
    store<f64>(d + (i << 4), 0)
    store<f64>(d + (i << 4), 0, 8)
    store<f64>(e + (i << 4), load<f64>(between + (i << 3)))
    store<f64>(e + (i << 4), i < mRank - 1 ? load<f64>(between + stride + (i << 3)) : 0, 8)
  }
  if (!tridiagonalEigenvalues(d, e, 2 * mRank)) return NaN
  let sum: f64 = 0
  for (let i = 0; i < 2 * mRank; i++) sum += Math.abs(load<f64>(d + (i << 3)))
  return sum / 2
}

function transpose(a: usize, dim: i32): void {
  const stride = (<usize>dim) << 3
  const side = 16
  for (let i0 = 0; i0 < dim; i0 += side)
    for (let j0 = 0; j0 <= i0; j0 += side)
      for (let i = i0; i < min(dim, i0 + side); i++)
        for (let j = j0; j < min(i, j0 + side); j++) {
          const one = a + <usize>i * stride + (j << 3)
          const two = a + <usize>j * stride + (i << 3)
          const kept = load<f64>(one)
          store<f64>(one, load<f64>(two))
          store<f64>(two, kept)
        }
}
