import { madd } from './madd'
import { addOutputs, addWide } from './outputs'

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
  if (WIDE && together === 2) {
    addWideProducts(x, xStep, runStep, y, yPanel, runs, run, to, toStep, lanes, count)
    return
  }
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
  for (let r = 0; r < runs; r++) {
    let at = x
    const end = y + run
    while (y < end) {
      const y0 = v128.load(y), y1 = v128.load(y, 16)
      const v = v128.load(at)
      const v0 = v128.shuffle<f32>(v, v, 0, 0, 0, 0), v1 = v128.shuffle<f32>(v, v, 1, 1, 1, 1)
      const v2 = v128.shuffle<f32>(v, v, 2, 2, 2, 2), v3 = v128.shuffle<f32>(v, v, 3, 3, 3, 3)
      a0 = madd(v0, y0, a0)
      a1 = madd(v0, y1, a1)
      b0 = madd(v1, y0, b0)
      b1 = madd(v1, y1, b1)
      c0 = madd(v2, y0, c0)
      c1 = madd(v2, y1, c1)
      d0 = madd(v3, y0, d0)
      d1 = madd(v3, y1, d1)
      at += xStep
      y += 32
    }
    x += runStep
  }
  addOutputs(to, a0, a1, count)
  if (lanes > 1) addOutputs(to + toStep, b0, b1, count)
  if (lanes > 2) addOutputs(to + 2 * toStep, c0, c1, count)
  if (lanes > 3) addOutputs(to + 3 * toStep, d0, d1, count)
}

@inline
function addWideProducts(
  x: usize, xStep: usize, runStep: usize, y: usize, yPanel: usize, runs: i32, run: usize, to: usize, toStep: usize, lanes: i32,
  count: i32,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0
  let c0 = a0, c1 = a0, c2 = a0, c3 = a0, d0 = a0, d1 = a0, d2 = a0, d3 = a0
  let u = y + yPanel
  for (let r = 0; r < runs; r++) {
    let at = x
    const end = y + run
    while (y < end) {
      const y0 = v128.load(y), y1 = v128.load(y, 16), y2 = v128.load(u), y3 = v128.load(u, 16)
      const v0 = v128.load32_splat(at), v1 = v128.load32_splat(at, 4)
      const v2 = v128.load32_splat(at, 8), v3 = v128.load32_splat(at, 12)
      a0 = madd(v0, y0, a0)
      a1 = madd(v0, y1, a1)
      a2 = madd(v0, y2, a2)
      a3 = madd(v0, y3, a3)
      b0 = madd(v1, y0, b0)
      b1 = madd(v1, y1, b1)
      b2 = madd(v1, y2, b2)
      b3 = madd(v1, y3, b3)
      c0 = madd(v2, y0, c0)
      c1 = madd(v2, y1, c1)
      c2 = madd(v2, y2, c2)
      c3 = madd(v2, y3, c3)
      d0 = madd(v3, y0, d0)
      d1 = madd(v3, y1, d1)
      d2 = madd(v3, y2, d2)
      d3 = madd(v3, y3, d3)
      at += xStep
      y += 32
      u += 32
    }
    x += runStep
  }
  addWide(to, a0, a1, a2, a3, count)
  if (lanes > 1) addWide(to + toStep, b0, b1, b2, b3, count)
  if (lanes > 2) addWide(to + 2 * toStep, c0, c1, c2, c3, count)
  if (lanes > 3) addWide(to + 3 * toStep, d0, d1, d2, d3, count)
}
