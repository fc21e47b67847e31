import { outerProducts } from './outer-products'

/**
 * out[b] = x[b]^T y[b], x [batches,rows,m], y [batches,rows,n], into zeros [batches,m,n]. Units of work are blocks of 4
 * rows of out. scratch, for each thread: bandRows (n rounded up to a multiple of 8 + m to one of 4) floats
 */
export function matMulTransposed(
  x: usize, y: usize, out: usize, scratch: usize, scratchStep: usize, rows: i32, m: i32, n: i32, bandRows: i32,
  first: i32, last: i32, thread: i32,
): void {
  const blocks = (m + 3) >> 2
  while (first < last) {
    const b = first / blocks
    const start = first % blocks
    const count = min(blocks - start, last - first)
    outerProducts(
      x + (<usize>(b * rows * m) << 2), y + (<usize>(b * rows * n) << 2), out + (<usize>(b * m * n) << 2),
      scratch + <usize>thread * scratchStep,
      1, rows, 1, m, rows, 1, n, 1, 1, 1, 1, 0, 0, bandRows, start, start + count,
    )
    first += count
  }
}
