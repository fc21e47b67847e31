import { madd } from './madd'
import { storeOutputs, storeWide } from './outputs'

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
  if (WIDE && together === 2) {
    wideTile(seen, seenRow, places, from, fromStep, fromPanel, w, wPanel, filterHeight, rowBytes, y, outPixel, pixels, count)
    return
  }
  let a0 = v128.load(from), a1 = v128.load(from, 16)
  from += fromStep
  let b0 = v128.load(from), b1 = v128.load(from, 16)
  from += fromStep
  let c0 = v128.load(from), c1 = v128.load(from, 16)
  from += fromStep
  let d0 = v128.load(from), d1 = v128.load(from, 16)
  let row = seen
  for (let i = 0; i < filterHeight; i++) {
    let pa = row + load<u32>(places), pb = row + load<u32>(places, 4), pc = row + load<u32>(places, 8)
    let pd = row + load<u32>(places, 12)
    const end = w + rowBytes
    while (w < end) {
      const w0 = v128.load(w), w1 = v128.load(w, 16)
      let v = v128.load32_splat(pa)
      a0 = madd(v, w0, a0)
      a1 = madd(v, w1, a1)
      v = v128.load32_splat(pb)
      b0 = madd(v, w0, b0)
      b1 = madd(v, w1, b1)
      v = v128.load32_splat(pc)
      c0 = madd(v, w0, c0)
      c1 = madd(v, w1, c1)
      v = v128.load32_splat(pd)
      d0 = madd(v, w0, d0)
      d1 = madd(v, w1, d1)
      w += 32
      pa += 4
      pb += 4
      pc += 4
      pd += 4
    }
    row += seenRow
  }
  storeOutputs(y, a0, a1, count)
  if (pixels > 1) storeOutputs(y + outPixel, b0, b1, count)
  if (pixels > 2) storeOutputs(y + 2 * outPixel, c0, c1, count)
  if (pixels > 3) storeOutputs(y + 3 * outPixel, d0, d1, count)
}

@inline
function wideTile(
  seen: usize, seenRow: usize, places: usize, from: usize, fromStep: usize, fromPanel: usize, w: usize, wPanel: usize,
  filterHeight: i32, rowBytes: usize, y: usize, outPixel: usize, pixels: i32, count: i32,
): void {
  let a0 = v128.load(from), a1 = v128.load(from, 16)
  let a2 = v128.load(from + fromPanel), a3 = v128.load(from + fromPanel, 16)
  from += fromStep
  let b0 = v128.load(from), b1 = v128.load(from, 16)
  let b2 = v128.load(from + fromPanel), b3 = v128.load(from + fromPanel, 16)
  from += fromStep
  let c0 = v128.load(from), c1 = v128.load(from, 16)
  let c2 = v128.load(from + fromPanel), c3 = v128.load(from + fromPanel, 16)
  from += fromStep
  let d0 = v128.load(from), d1 = v128.load(from, 16)
  let d2 = v128.load(from + fromPanel), d3 = v128.load(from + fromPanel, 16)
  let row = seen
  for (let i = 0; i < filterHeight; i++) {
    let pa = row + load<u32>(places), pb = row + load<u32>(places, 4), pc = row + load<u32>(places, 8)
    let pd = row + load<u32>(places, 12)
    let u = w + wPanel
    const end = w + rowBytes
    while (w < end) {
      const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(u), w3 = v128.load(u, 16)
      let v = v128.load32_splat(pa)
      a0 = madd(v, w0, a0)
      a1 = madd(v, w1, a1)
      a2 = madd(v, w2, a2)
      a3 = madd(v, w3, a3)
      v = v128.load32_splat(pb)
      b0 = madd(v, w0, b0)
      b1 = madd(v, w1, b1)
      b2 = madd(v, w2, b2)
      b3 = madd(v, w3, b3)
      v = v128.load32_splat(pc)
      c0 = madd(v, w0, c0)
      c1 = madd(v, w1, c1)
      c2 = madd(v, w2, c2)
      c3 = madd(v, w3, c3)
      v = v128.load32_splat(pd)
      d0 = madd(v, w0, d0)
      d1 = madd(v, w1, d1)
      d2 = madd(v, w2, d2)
      d3 = madd(v, w3, d3)
      w += 32
      u += 32
      pa += 4
      pb += 4
      pc += 4
      pd += 4
    }
    row += seenRow
  }
  storeWide(y, a0, a1, a2, a3, count)
  if (pixels > 1) storeWide(y + outPixel, b0, b1, b2, b3, count)
  if (pixels > 2) storeWide(y + 2 * outPixel, c0, c1, c2, c3, count)
  if (pixels > 3) storeWide(y + 3 * outPixel, d0, d1, d2, d3, count)
}
