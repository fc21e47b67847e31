import { rowsTimes } from './products'

/**
 * P^T A P = L L^T of a positive semi-definite matrix, singular or not, where P orders the rows and L is lower
 * trapezoidal. The largest remaining diagonal number is the next pivot. The rank is reached when it is at most dim·2^-52
 * times the largest diagonal number of A: rounding makes numbers of that size out of zeros.
 *
 * @param a       [dim,dim], symmetric
 * @param factor  L [dim,dim], zeros on entry; only its first `rank` columns are written
 * @param order   [dim], i32: row i of L belongs to row order[i] of A
 * @param rest    room for 2·dim numbers
 * @returns       the rank
 * @see Higham, Analysis of the Cholesky Decomposition of a Semi-definite Matrix (1990)
 */
export function pivotedCholesky(a: usize, dim: i32, factor: usize, order: usize, rest: usize): i32 {
  const stride = (<usize>dim) << 3
  const products = rest + stride
  let largest: f64 = 0
  for (let i = 0; i < dim; i++) {
    const diagonal = load<f64>(a + <usize>i * (stride + 8))
    store<f64>(rest + ((<usize>i) << 3), diagonal)
    store<i32>(order + ((<usize>i) << 2), i)
    largest = max(largest, diagonal)
  }
  const tolerance = <f64>dim * f64.EPSILON * largest
  for (let j = 0; j < dim; j++) {
    let pivot = j
    for (let i = j + 1; i < dim; i++)
      if (load<f64>(rest + ((<usize>i) << 3)) > load<f64>(rest + ((<usize>pivot) << 3))) pivot = i
    const square = load<f64>(rest + ((<usize>pivot) << 3))
    if (square <= tolerance) return j
    exchange(j, pivot, j, stride, factor, order, rest)
    factorColumn(a, dim, j, Math.sqrt(square), factor, order, rest, products)
  }
  return dim
}

/** Swap rows j and pivot: in the factor so far, in the order, and in the remaining diagonal. */
function exchange(j: i32, pivot: i32, columns: i32, stride: usize, factor: usize, order: usize, rest: usize): void {
  if (j == pivot) return
  for (let k = 0; k < columns; k++)
    swap(factor + <usize>j * stride + ((<usize>k) << 3), factor + <usize>pivot * stride + ((<usize>k) << 3))
  swap(rest + ((<usize>j) << 3), rest + ((<usize>pivot) << 3))
  const place = load<i32>(order + ((<usize>j) << 2))
  store<i32>(order + ((<usize>j) << 2), load<i32>(order + ((<usize>pivot) << 2)))
  store<i32>(order + ((<usize>pivot) << 2), place)
}

@inline
function swap(a: usize, b: usize): void {
  const kept = load<f64>(a)
  store<f64>(a, load<f64>(b))
  store<f64>(b, kept)
}

function factorColumn(
  a: usize, dim: i32, j: i32, diagonal: f64, factor: usize, order: usize, rest: usize, products: usize,
): void {
  const stride = (<usize>dim) << 3
  const row = factor + <usize>j * stride
  const column = (<usize>j) << 3
  store<f64>(row + column, diagonal)
  rowsTimes(row + stride, stride, dim - j - 1, j, row, products)
  const from = a + <usize>load<i32>(order + ((<usize>j) << 2)) * stride
  for (let i = j + 1; i < dim; i++) {
    const place = <usize>load<i32>(order + ((<usize>i) << 2))
    const value = (load<f64>(from + (place << 3)) - load<f64>(products + ((<usize>(i - j - 1)) << 3))) / diagonal
    store<f64>(factor + <usize>i * stride + column, value)
    const at = rest + ((<usize>i) << 3)
    store<f64>(at, load<f64>(at) - value * value)
  }
}
