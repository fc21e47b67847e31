const MAX_SWEEPS = 60

@inline
function at(array: usize, i: i32): usize {
  return array + ((<usize>i) << 3)
}

/**
 * Eigenvalues of a symmetric tridiagonal matrix, unordered, by implicit QL with Wilkinson's shift. The error of each is at
 * most about the rounding error of the largest.
 *
 * @param d  the diagonal [n]; the eigenvalues on return
 * @param e  the numbers beside the diagonal [n], the last of them 0; overwritten
 * @returns  whether all eigenvalues were found
 * @see Dubrulle, Martin, Wilkinson, The Implicit QL Algorithm (1968)
 */
export function tridiagonalEigenvalues(d: usize, e: usize, n: i32): bool {
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      const m = blockEnd(d, e, l, n)
      if (m == l) break
      if (sweep == MAX_SWEEPS) return false
      sweepUp(d, e, l, m)
    }
  }
  return true
}

/** The last row of the unreduced block that starts at row l. */
function blockEnd(d: usize, e: usize, l: i32, n: i32): i32 {
  let m = l
  for (; m < n - 1; m++) {
    const size = Math.abs(load<f64>(at(d, m))) + Math.abs(load<f64>(at(d, m + 1)))
    // e is negligible if adding it changes nothing. Between two zeros on the diagonal, only e = 0 is negligible.
    if (size + Math.abs(load<f64>(at(e, m))) == size) break
  }
  return m
}

/** One implicit QL sweep over rows l..m: plane rotations move a bulge from the bottom to the top. */
function sweepUp(d: usize, e: usize, l: i32, m: i32): void {
  const el = load<f64>(at(e, l))
  const ratio = (load<f64>(at(d, l + 1)) - load<f64>(at(d, l))) / (2 * el)
  const root = Math.sqrt(ratio * ratio + 1)
  let g = load<f64>(at(d, m)) - load<f64>(at(d, l)) + el / (ratio + (ratio < 0 ? -root : root))
  let s: f64 = 1, c: f64 = 1, p: f64 = 0
  for (let i = m - 1; i >= l; i--) {
    const ei = load<f64>(at(e, i))
    const f = s * ei
    const b = c * ei
    const r = Math.sqrt(f * f + g * g)
    store<f64>(at(e, i + 1), r)
    if (r == 0) {
      store<f64>(at(d, i + 1), load<f64>(at(d, i + 1)) - p) // the block splits here
      store<f64>(at(e, m), 0)
      return
    }
    s = f / r
    c = g / r
    g = load<f64>(at(d, i + 1)) - p
    const t = (load<f64>(at(d, i)) - g) * s + 2 * c * b
    p = s * t
    store<f64>(at(d, i + 1), g + p)
    g = c * t - b
  }
  store<f64>(at(d, l), load<f64>(at(d, l)) - p)
  store<f64>(at(e, l), g)
  store<f64>(at(e, m), 0)
}
