import { madd } from './madd'

/** n rounded up to a multiple of 8, the columns of a panel. */
@inline
export function padded(n: i32): i32 {
  return (n + 7) & ~7
}

/**
 * out[i,j] = sum over k < count of a[i,k] b[k,j], or that added to out, for rows and columns that are multiples of 4 and 8. The
 * columns of b are in panels of 8, whose rows lie `rowStep` bytes apart; a may be transposed.
 */
export function product(
  a: usize, aRowStep: usize, aColumnStep: usize, b: usize, panelStep: usize, rowStep: usize,
  out: usize, outStep: usize, rows: i32, columns: i32, count: i32, add: bool,
): void {
  for (let j = 0; j < columns; j += 8) {
    const o = out + ((<usize>j) << 2)
    for (let i = 0; i < rows; i += 4) {
      let c0 = o + <usize>i * outStep
      let c1 = c0 + outStep, c2 = c1 + outStep, c3 = c2 + outStep
      let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00
      if (add) {
        s00 = v128.load(c0)
        s01 = v128.load(c0, 16)
        s10 = v128.load(c1)
        s11 = v128.load(c1, 16)
        s20 = v128.load(c2)
        s21 = v128.load(c2, 16)
        s30 = v128.load(c3)
        s31 = v128.load(c3, 16)
      }
      let a0 = a + <usize>i * aRowStep
      let a1 = a0 + aRowStep, a2 = a1 + aRowStep, a3 = a2 + aRowStep
      let at = b
      for (let k = 0; k < count; k++) {
        const b0 = v128.load(at), b1 = v128.load(at, 16)
        const x0 = v128.load32_splat(a0), x1 = v128.load32_splat(a1)
        s00 = madd(x0, b0, s00)
        s01 = madd(x0, b1, s01)
        s10 = madd(x1, b0, s10)
        s11 = madd(x1, b1, s11)
        const x2 = v128.load32_splat(a2), x3 = v128.load32_splat(a3)
        s20 = madd(x2, b0, s20)
        s21 = madd(x2, b1, s21)
        s30 = madd(x3, b0, s30)
        s31 = madd(x3, b1, s31)
        a0 += aColumnStep
        a1 += aColumnStep
        a2 += aColumnStep
        a3 += aColumnStep
        at += rowStep
      }
      v128.store(c0, s00)
      v128.store(c0, s01, 16)
      v128.store(c1, s10)
      v128.store(c1, s11, 16)
      v128.store(c2, s20)
      v128.store(c2, s21, 16)
      v128.store(c3, s30)
      v128.store(c3, s31, 16)
    }
    b += panelStep
  }
}

/** Rows of x, times gain, with zeros after them: `size` numbers of each of `rows` rows become [allRows,padded(size)]. */
export function padRows(
  x: usize, step: usize, rows: i32, size: i32, out: usize, allRows: i32, gain: f32,
): void {
  const width = padded(size)
  memory.fill(out, 0, (<usize>(allRows * width)) << 2)
  const G = f32x4.splat(gain)
  for (let r = 0; r < rows; r++) {
    const to = out + ((<usize>(r * width)) << 2)
    let c = 0
    for (; c + 4 <= size; c += 4) {
      const o = (<usize>c) << 2
      v128.store(to + o, f32x4.mul(v128.load(x + o), G))
    }
    for (; c < size; c++) {
      const o = (<usize>c) << 2
      store<f32>(to + o, load<f32>(x + o) * gain)
    }
    x += step
  }
}

/** The first `size` numbers of rows [padded(size)], times gain, into rows that lie `step` bytes apart. */
export function takeRows(x: usize, rows: i32, size: i32, out: usize, step: usize, gain: f32): void {
  const width = padded(size)
  const G = f32x4.splat(gain)
  for (let r = 0; r < rows; r++) {
    const from = x + ((<usize>(r * width)) << 2)
    let c = 0
    for (; c + 4 <= size; c += 4) {
      const o = (<usize>c) << 2
      v128.store(out + o, f32x4.mul(v128.load(from + o), G))
    }
    for (; c < size; c++) {
      const o = (<usize>c) << 2
      store<f32>(out + o, load<f32>(from + o) * gain)
    }
    out += step
  }
}

/** Rows of x as columns: panels of 8 rows, [padded(rows) / 8, padded(size), 8], with zeros for what is not there. */
export function packTransposed(x: usize, step: usize, rows: i32, size: i32, out: usize): void {
  const panelStep = (<usize>padded(size)) << 5
  memory.fill(out, 0, (<usize>(padded(rows) * padded(size))) << 2)
  for (let r = 0; r < rows; r++) {
    let to = out + <usize>(r >> 3) * panelStep + ((<usize>(r & 7)) << 2)
    for (let c = 0; c < size; c++) {
      store<f32>(to, load<f32>(x + ((<usize>c) << 2)))
      to += 32
    }
    x += step
  }
}
