import { madd } from './madd'
import { storeOutputs } from './outputs'

/** As many panels of 8 outputs have their sums in registers together. */
export const TOGETHER: i32 = WIDE ? 2 : 1

/**
 * The sums of 4 pixels, whose inputs start at the offsets in `places`, and `together` panels of 8 output channels, all in
 * registers. They begin with the numbers at `from`, those of the pixels fromStep and of the panels fromPanel bytes apart: 0 for
 * the same ones. Weights of the panels are wPanel bytes apart. The first `count` outputs are stored.
 */
@inline
export function tile(
  seen: usize, seenRow: usize, places: usize, from: usize, fromStep: usize, fromPanel: usize, w: usize, wPanel: usize,
  filterHeight: i32, rowBytes: usize, y: usize, outPixel: usize, pixels: i32, count: i32, together: i32,
): void {
  if (WIDE && together === 2)
    sums(seen, seenRow, places, from, fromStep, fromPanel, w, wPanel, filterHeight, rowBytes, y, outPixel, pixels, count, true)
  else sums(seen, seenRow, places, from, fromStep, 0, w, 0, filterHeight, rowBytes, y, outPixel, pixels, count, false)
}

/** Those of one panel, or of `two`. */
@inline
function sums(
  seen: usize, seenRow: usize, places: usize, from: usize, fromStep: usize, fromPanel: usize, w: usize, wPanel: usize,
  filterHeight: i32, rowBytes: usize, y: usize, outPixel: usize, pixels: i32, count: i32, two: bool,
): void {
  let a0 = v128.load(from), a1 = v128.load(from, 16)
  let a2 = second(from + fromPanel, 0, two), a3 = second(from + fromPanel, 16, two)
  from += fromStep
  let b0 = v128.load(from), b1 = v128.load(from, 16)
  let b2 = second(from + fromPanel, 0, two), b3 = second(from + fromPanel, 16, two)
  from += fromStep
  let c0 = v128.load(from), c1 = v128.load(from, 16)
  let c2 = second(from + fromPanel, 0, two), c3 = second(from + fromPanel, 16, two)
  from += fromStep
  let d0 = v128.load(from), d1 = v128.load(from, 16)
  let d2 = second(from + fromPanel, 0, two), d3 = second(from + fromPanel, 16, two)
  let row = seen
  for (let i = 0; i < filterHeight; i++) {
    let pa = row + load<u32>(places), pb = row + load<u32>(places, 4), pc = row + load<u32>(places, 8)
    let pd = row + load<u32>(places, 12)
    let u = w + wPanel
    const end = w + rowBytes
    while (w < end) {
      const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = second(u, 0, two), w3 = second(u, 16, two)
      let v = v128.load32_splat(pa)
      a0 = madd(v, w0, a0)
      a1 = madd(v, w1, a1)
      if (two) {
        a2 = madd(v, w2, a2)
        a3 = madd(v, w3, a3)
      }
      v = v128.load32_splat(pb)
      b0 = madd(v, w0, b0)
      b1 = madd(v, w1, b1)
      if (two) {
        b2 = madd(v, w2, b2)
        b3 = madd(v, w3, b3)
      }
      v = v128.load32_splat(pc)
      c0 = madd(v, w0, c0)
      c1 = madd(v, w1, c1)
      if (two) {
        c2 = madd(v, w2, c2)
        c3 = madd(v, w3, c3)
      }
      v = v128.load32_splat(pd)
      d0 = madd(v, w0, d0)
      d1 = madd(v, w1, d1)
      if (two) {
        d2 = madd(v, w2, d2)
        d3 = madd(v, w3, d3)
      }
      w += 32
      if (two) u += 32
      pa += 4
      pb += 4
      pc += 4
      pd += 4
    }
    row += seenRow
  }
  storeSums(y, a0, a1, a2, a3, count, two)
  if (pixels > 1) storeSums(y + outPixel, b0, b1, b2, b3, count, two)
  if (pixels > 2) storeSums(y + 2 * outPixel, c0, c1, c2, c3, count, two)
  if (pixels > 3) storeSums(y + 3 * outPixel, d0, d1, d2, d3, count, two)
}

/** A vector of the second of `two` panels. */
@inline
export function second(at: usize, offset: usize, two: bool): v128 {
  return two ? v128.load(at + offset) : f32x4.splat(0)
}

@inline
function storeSums(at: usize, a: v128, b: v128, c: v128, d: v128, count: i32, two: bool): void {
  if (two && count === 16) {
    v128.store(at, a)
    v128.store(at, b, 16)
    v128.store(at, c, 32)
    v128.store(at, d, 48)
    return
  }
  storeOutputs(at, a, b, two ? 8 : count)
  if (two) storeOutputs(at + 32, c, d, count - 8)
}
