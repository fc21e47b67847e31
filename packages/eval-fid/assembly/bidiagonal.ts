import { addProduct, rowsTimes, transposedRowsTimes } from './products'

/** Steps of a block. The matrix gets the updates of a whole block in one product. */
export const BLOCK = 32

/**
 * Reduce a matrix to an upper bidiagonal one with the same singular values, by Householder reflections from both sides:
 *
 *   A <- (I - b u u^T) A (I - c v v^T) = A - u y^T - z v^T     y = b A^T u, z = c (A - u y^T) v
 *
 * The updates of a block of steps are collected in two panels, [u|z] and [y|v]^T, and subtracted from A in one product. So
 * a step only reads A, in two products with a vector.
 *
 * @param a      [rows,columns], rows >= columns, `stride` bytes a row; overwritten
 * @param d      receives the diagonal [columns]
 * @param e      receives the numbers above the diagonal [columns-1]
 * @param room   for (2·BLOCK + 3)·(rows + columns) + 10·BLOCK numbers
 * @see Dongarra, Sorensen, Hammarling, Block Reduction of Matrices to Condensed Forms (1989)
 */
export function bidiagonalise(
  a: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  d: usize,
  e: usize,
  room: usize,
): void {
  const left = room // [rows, 2 BLOCK]: u of each step, then z
  const right = left + ((<usize>(2 * BLOCK * rows)) << 3) // [2 BLOCK, columns]: y of each step, then v
  const work = right + ((<usize>(2 * BLOCK * columns)) << 3)
  for (let first = 0; first < columns; first += BLOCK) {
    memory.fill(left, 0, work - left)
    const last = min(first + BLOCK, columns)
    for (let k = first; k < last; k++) step(a, stride, rows, columns, k, k - first, left, right, d, e, work)
    if (last < columns)
      addProduct(
        a + <usize>last * stride + ((<usize>last) << 3),
        stride,
        left + ((<usize>(last * 2 * BLOCK)) << 3),
        (2 * BLOCK) << 3,
        right + ((<usize>last) << 3),
        (<usize>columns) << 3,
        rows - last,
        columns - last,
        2 * BLOCK,
        -1,
        work,
      )
  }
}

/** Step k, the l-th of its block: write its u and z into the left panel, its y and v into the right one. */
function step(
  a: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  k: i32,
  l: i32,
  left: usize,
  right: usize,
  d: usize,
  e: usize,
  work: usize,
): void {
  const leftStride: usize = (2 * BLOCK) << 3
  const rightStride = (<usize>columns) << 3
  const u = work
  const v = u + ((<usize>rows) << 3)
  const other = v + ((<usize>columns) << 3)
  const few = other + ((<usize>(rows + columns)) << 3)
  const below = rows - k
  const after = columns - k - 1
  const corner = a + <usize>k * stride + ((<usize>k) << 3)
  const leftRow = left + <usize>k * leftStride
  const rightColumn = right + ((<usize>(k + 1)) << 3)

  // Column k after the updates of the steps before, and its reflection.
  for (let i = 0; i < 2 * BLOCK; i++)
    store<f64>(few + (i << 3), load<f64>(right + <usize>i * rightStride + ((<usize>k) << 3)))
  rowsTimes(leftRow, leftStride, below, 2 * BLOCK, few, other)
  for (let i = 0; i < below; i++)
    store<f64>(u + (i << 3), load<f64>(corner + <usize>i * stride) - load<f64>(other + (i << 3)))
  const b = reflect(u, below, d + ((<usize>k) << 3))
  if (after == 0) return

  // y = b (A - left right)^T u
  transposedRowsTimes(leftRow, leftStride, below, 2 * BLOCK, u, few)
  transposedRowsTimes(corner + 8, stride, below, after, u, v)
  transposedRowsTimes(rightColumn, rightStride, 2 * BLOCK, after, few, other)
  const y = rightColumn + <usize>l * rightStride
  for (let j = 0; j < after; j++)
    store<f64>(y + (j << 3), b * (load<f64>(v + (j << 3)) - load<f64>(other + (j << 3))))
  for (let i = 0; i < below; i++)
    store<f64>(leftRow + <usize>i * leftStride + (l << 3), load<f64>(u + (i << 3)))

  // Row k after all updates so far, and its reflection.
  transposedRowsTimes(rightColumn, rightStride, 2 * BLOCK, after, leftRow, other)
  for (let j = 0; j < after; j++)
    store<f64>(v + (j << 3), load<f64>(corner + 8 + (j << 3)) - load<f64>(other + (j << 3)))
  const c = reflect(v, after, e + ((<usize>k) << 3))

  // z = c (A - left right) v
  rowsTimes(rightColumn, rightStride, 2 * BLOCK, after, v, few)
  rowsTimes(corner + stride + 8, stride, below - 1, after, v, u)
  rowsTimes(leftRow + leftStride, leftStride, below - 1, 2 * BLOCK, few, other)
  for (let i = 0; i < below - 1; i++)
    store<f64>(
      leftRow + <usize>(i + 1) * leftStride + ((BLOCK + l) << 3),
      c * (load<f64>(u + (i << 3)) - load<f64>(other + (i << 3))),
    )
  memory.copy(rightColumn + <usize>(BLOCK + l) * rightStride, v, (<usize>after) << 3)
}

/** Turn x[0..n) into the u of the reflection I - scale·u u^T that maps x to (image, 0, ..., 0). Returns the scale. */
function reflect(x: usize, n: i32, image: usize): f64 {
  let square: f64 = 0
  for (let i = 0; i < n; i++) square += load<f64>(x + (i << 3)) * load<f64>(x + (i << 3))
  store<f64>(image, 0)
  if (square == 0) return 0
  const first = load<f64>(x)
  const length = first > 0 ? -Math.sqrt(square) : Math.sqrt(square)
  store<f64>(image, length)
  store<f64>(x, first - length) // no cancellation: the image has the other sign
  return 1 / (square - first * length)
}
