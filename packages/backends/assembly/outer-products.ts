import { madd } from './madd'
import { addOutputs } from './outputs'
import { second } from './tile'

/**
 * Add the sum of the outer products of rows of x, 4 numbers each, and of y, 8 numbers in each of `together` panels, to a block of
 * 4 rows of numbers at `to`, of which `lanes` rows and `count` columns are wanted. All sums are in registers. The rows of a panel
 * follow each other, in `runs` runs of `run` bytes; those of x are xStep bytes apart, and their runs begin runStep bytes apart.
 */
@inline
export function addOuterProducts(
  x: usize, xStep: usize, runStep: usize, y: usize, yPanel: usize, runs: i32, run: usize, to: usize, toStep: usize, lanes: i32,
  count: i32, together: i32,
): void {
  if (WIDE && together === 2) products(x, xStep, runStep, y, yPanel, runs, run, to, toStep, lanes, count, true)
  else products(x, xStep, runStep, y, 0, runs, run, to, toStep, lanes, count, false)
}

/** Those of one panel, or of `two`. */
@inline
function products(
  x: usize, xStep: usize, runStep: usize, y: usize, yPanel: usize, runs: i32, run: usize, to: usize, toStep: usize, lanes: i32,
  count: i32, two: bool,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0
  let c0 = a0, c1 = a0, c2 = a0, c3 = a0, d0 = a0, d1 = a0, d2 = a0, d3 = a0
  let u = y + yPanel
  for (let r = 0; r < runs; r++) {
    let at = x
    const end = y + run
    while (y < end) {
      const y0 = v128.load(y), y1 = v128.load(y, 16), y2 = second(u, 0, two), y3 = second(u, 16, two)
      const v = v128.load(at)
      const v0 = v128.shuffle<f32>(v, v, 0, 0, 0, 0), v1 = v128.shuffle<f32>(v, v, 1, 1, 1, 1)
      const v2 = v128.shuffle<f32>(v, v, 2, 2, 2, 2), v3 = v128.shuffle<f32>(v, v, 3, 3, 3, 3)
      a0 = madd(v0, y0, a0)
      a1 = madd(v0, y1, a1)
      if (two) {
        a2 = madd(v0, y2, a2)
        a3 = madd(v0, y3, a3)
      }
      b0 = madd(v1, y0, b0)
      b1 = madd(v1, y1, b1)
      if (two) {
        b2 = madd(v1, y2, b2)
        b3 = madd(v1, y3, b3)
      }
      c0 = madd(v2, y0, c0)
      c1 = madd(v2, y1, c1)
      if (two) {
        c2 = madd(v2, y2, c2)
        c3 = madd(v2, y3, c3)
      }
      d0 = madd(v3, y0, d0)
      d1 = madd(v3, y1, d1)
      if (two) {
        d2 = madd(v3, y2, d2)
        d3 = madd(v3, y3, d3)
      }
      at += xStep
      y += 32
      if (two) u += 32
    }
    x += runStep
  }
  addSums(to, a0, a1, a2, a3, count, two)
  if (lanes > 1) addSums(to + toStep, b0, b1, b2, b3, count, two)
  if (lanes > 2) addSums(to + 2 * toStep, c0, c1, c2, c3, count, two)
  if (lanes > 3) addSums(to + 3 * toStep, d0, d1, d2, d3, count, two)
}

@inline
function addSums(at: usize, a: v128, b: v128, c: v128, d: v128, count: i32, two: bool): void {
  addOutputs(at, a, b, two ? 8 : count)
  if (two) addOutputs(at + 32, c, d, count - 8)
}
