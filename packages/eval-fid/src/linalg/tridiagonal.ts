import { NumericError } from '@rectified-flow/core'

const maxSweeps = 60

/**
 * Eigenvalues of a symmetric tridiagonal matrix, in no order, by implicit QL with Wilkinson's shift. Each is within
 * rounding of the largest.
 *
 * @param diagonal     [n]
 * @param offDiagonal  [n-1]
 * @see Dubrulle, Martin, Wilkinson, The Implicit QL Algorithm (1968); EISPACK imtql1
 */
export function tridiagonalEigenvalues(diagonal: Float64Array, offDiagonal: Float64Array): Float64Array {
  const n = diagonal.length
  const d = Float64Array.from(diagonal)
  const e = new Float64Array(n)
  e.set(offDiagonal)
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      const m = blockEnd(d, e, l)
      if (m === l) break
      if (sweep === maxSweeps)
        throw new NumericError(
          'not-converged',
          `eval-fid.tridiagonalEigenvalues: eigenvalue ${l} must converge in ${maxSweeps} sweeps, got none.`,
        )
      sweepUp(d, e, l, m)
    }
  }
  return d
}

/** The last row of the unreduced block that starts at row l. */
function blockEnd(d: Float64Array, e: Float64Array, l: number): number {
  let m = l
  for (; m < d.length - 1; m++) {
    const size = Math.abs(d[m]!) + Math.abs(d[m + 1]!)
    // Adding is the test against rounding; it also lets a zero diagonal through, which the next sweep fills.
    if (size + Math.abs(e[m]!) === size) break
  }
  return m
}

/** One implicit QL sweep over rows l..m: a bulge chased from the bottom to the top by plane rotations. */
function sweepUp(d: Float64Array, e: Float64Array, l: number, m: number): void {
  const ratio = (d[l + 1]! - d[l]!) / (2 * e[l]!)
  const root = Math.sqrt(ratio * ratio + 1)
  let g = d[m]! - d[l]! + e[l]! / (ratio + (ratio < 0 ? -root : root))
  let [s, c, p] = [1, 1, 0]
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!
    const b = c * e[i]!
    const r = Math.sqrt(f * f + g * g)
    e[i + 1] = r
    if (r === 0) {
      d[i + 1]! -= p // the block splits here
      e[m] = 0
      return
    }
    s = f / r
    c = g / r
    g = d[i + 1]! - p
    const t = (d[i]! - g) * s + 2 * c * b
    p = s * t
    d[i + 1] = g + p
    g = c * t - b
  }
  d[l]! -= p
  e[l] = g
  e[m] = 0
}
