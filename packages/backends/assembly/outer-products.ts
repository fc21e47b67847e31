import { madd } from './madd'
import { addOutputs } from './outputs'

/**
 * Add the sum of the outer products of rows of x, 4 numbers each, and of y, 8 numbers each, to a block of 4 rows of numbers at
 * `to`, of which `lanes` rows and `count` columns are wanted. All sums are in registers. The rows of y follow each other, in
 * `runs` runs of `run` bytes; those of x are xStep bytes apart, and their runs begin runStep bytes apart.
 */
@inline
export function addOuterProducts(
  x: usize, xStep: usize, runStep: usize, y: usize, runs: i32, run: usize, to: usize, toStep: usize, lanes: i32, count: i32,
): void {
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
