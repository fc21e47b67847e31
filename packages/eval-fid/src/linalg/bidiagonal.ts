/** The numbers of an upper bidiagonal matrix: n on the diagonal, n - 1 above it. */
export interface Bidiagonal {
  diagonal: Float64Array
  upper: Float64Array
}

/**
 * Reduce a matrix to a bidiagonal one with the same singular values, by Householder reflections from both sides.
 *
 *   A <- (I - b u u^T) A (I - c v v^T)     column k to its first entry, then row k to its first two
 *
 * Each step reads A once for w = b A^T u, and once more to update each row from both sides while it is in the cache.
 *
 * @param a  A, row-major [rows,columns], rows >= columns; overwritten
 * @see Golub, Van Loan, Matrix Computations, section 5.4.8
 */
export function bidiagonalise(a: Float64Array, rows: number, columns: number): Bidiagonal {
  const diagonal = new Float64Array(columns)
  const upper = new Float64Array(Math.max(0, columns - 1))
  const u = new Float64Array(rows)
  const v = new Float64Array(columns)
  const w = new Float64Array(columns)
  for (let k = 0; k < columns; k++) {
    for (let i = k; i < rows; i++) u[i] = a[i * columns + k]!
    const left = reflect(u, k, rows)
    diagonal[k] = left.image
    if (k === columns - 1) break

    transposedProduct(a, rows, columns, k, left.scale, u, w)
    for (let j = k + 1; j < columns; j++) v[j] = a[k * columns + j]! - u[k]! * w[j]!
    const right = reflect(v, k + 1, columns)
    upper[k] = right.image
    for (let i = k + 1; i < rows; i++) updateRow(a, i * columns, k + 1, columns, u[i]!, w, right.scale, v)
  }
  return { diagonal, upper }
}

/** Turn x[from..to) into the u of the reflection I - scale·u u^T that maps it to (image, 0, ..., 0). */
function reflect(x: Float64Array, from: number, to: number): { image: number; scale: number } {
  let square = 0
  for (let i = from; i < to; i++) square += x[i]! * x[i]!
  if (square === 0) return { image: 0, scale: 0 }
  const first = x[from]!
  const image = first > 0 ? -Math.sqrt(square) : Math.sqrt(square)
  x[from] = first - image // no cancellation: image has the other sign
  return { image, scale: 1 / (square - first * image) }
}

/** w = scale·A^T u over rows k.. and columns k+1.., four rows at a time. */
function transposedProduct(
  a: Float64Array,
  rows: number,
  columns: number,
  k: number,
  scale: number,
  u: Float64Array,
  w: Float64Array,
): void {
  w.fill(0)
  let i = k
  for (; i + 3 < rows; i += 4) {
    const [u0, u1, u2, u3] = [u[i]! * scale, u[i + 1]! * scale, u[i + 2]! * scale, u[i + 3]! * scale]
    const [r0, r1, r2, r3] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns]
    for (let j = k + 1; j < columns; j++)
      w[j]! += u0 * a[r0 + j]! + u1 * a[r1 + j]! + (u2 * a[r2 + j]! + u3 * a[r3 + j]!)
  }
  for (; i < rows; i++) {
    const scaled = u[i]! * scale
    for (let j = k + 1; j < columns; j++) w[j]! += scaled * a[i * columns + j]!
  }
}

/** row <- (row - ui·w) (I - scale·v v^T). */
function updateRow(
  a: Float64Array,
  row: number,
  from: number,
  to: number,
  ui: number,
  w: Float64Array,
  scale: number,
  v: Float64Array,
): void {
  let [even, odd] = [0, 0]
  let j = from
  for (; j + 1 < to; j += 2) {
    const x = a[row + j]! - ui * w[j]!
    const y = a[row + j + 1]! - ui * w[j + 1]!
    a[row + j] = x
    a[row + j + 1] = y
    even += x * v[j]!
    odd += y * v[j + 1]!
  }
  if (j < to) {
    const x = a[row + j]! - ui * w[j]!
    a[row + j] = x
    even += x * v[j]!
  }
  const along = scale * (even + odd)
  for (j = from; j < to; j++) a[row + j]! -= along * v[j]!
}
