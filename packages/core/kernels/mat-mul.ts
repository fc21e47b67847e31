import { outerProducts } from './outer-products'

/** out[b] = x[b]^T y[b], x [batches,rows,m], y [batches,rows,n], into zeros [batches,m,n]. */
export function matMulTransposed(x: usize, y: usize, out: usize, batches: i32, rows: i32, m: i32, n: i32): void {
  const xRow = (<usize>m) << 2
  const yRow = (<usize>n) << 2
  // Rows of x and y that stay in the first cache while all of out goes over them.
  const block = max(16, 4096 / (m + n))
  for (let b = 0; b < batches; b++) {
    for (let first = 0; first < rows; first += block) {
      const count = min(block, rows - first)
      outerProducts(x, y, out, 1, count, 0, xRow, 0, m, n)
      x += <usize>count * xRow
      y += <usize>count * yRow
    }
    out += <usize>m * yRow
  }
}
