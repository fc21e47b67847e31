import { madd } from './madd'

/** Rows or numbers that are added up before their sum joins the total, so that errors do not grow with the count. */
const BLOCK = 256

/** out[c] += sum of x[r,c] over rows, for the columns from `from` to `to`, of which the first is a multiple of 16. */
function sumRows(x: usize, out: usize, rows: i32, columns: i32, from: i32, to: i32): void {
  const row = (<usize>columns) << 2
  for (let first = 0; first < rows; first += BLOCK) {
    const count = min(BLOCK, rows - first)
    const block = x + <usize>first * row
    let c = from
    for (; c + 16 <= to; c += 16) {
      const o = (<usize>c) << 2
      let at = block + o
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0)
      for (let i = 0; i < count; i++) {
        s0 = f32x4.add(s0, v128.load(at))
        s1 = f32x4.add(s1, v128.load(at, 16))
        s2 = f32x4.add(s2, v128.load(at, 32))
        s3 = f32x4.add(s3, v128.load(at, 48))
        at += row
      }
      s0 = f32x4.add(v128.load(out + o), s0)
      s1 = f32x4.add(v128.load(out + o, 16), s1)
      s2 = f32x4.add(v128.load(out + o, 32), s2)
      s3 = f32x4.add(v128.load(out + o, 48), s3)
      v128.store(out + o, s0)
      v128.store(out + o, s1, 16)
      v128.store(out + o, s2, 32)
      v128.store(out + o, s3, 48)
    }
    for (; c + 4 <= to; c += 4) {
      const o = (<usize>c) << 2
      let at = block + o
      let s = f32x4.splat(0)
      for (let i = 0; i < count; i++) {
        s = f32x4.add(s, v128.load(at))
        at += row
      }
      v128.store(out + o, f32x4.add(v128.load(out + o), s))
    }
    for (; c < to; c++) {
      const o = (<usize>c) << 2
      let at = block + o
      let s: f32 = 0
      for (let i = 0; i < count; i++) {
        s += load<f32>(at)
        at += row
      }
      store<f32>(out + o, load<f32>(out + o) + s)
    }
  }
}

function sumNumbers(x: usize, count: i32): f32 {
  let total: f64 = 0
  let i = 0
  while (i + 16 <= count) {
    const end = min(i + 16 * BLOCK, count & ~15)
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0)
    for (; i < end; i += 16) {
      const at = x + ((<usize>i) << 2)
      s0 = f32x4.add(s0, v128.load(at))
      s1 = f32x4.add(s1, v128.load(at, 16))
      s2 = f32x4.add(s2, v128.load(at, 32))
      s3 = f32x4.add(s3, v128.load(at, 48))
    }
    const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))
    total += <f64>f32x4.extract_lane(s, 0) + <f64>f32x4.extract_lane(s, 1)
    total += <f64>f32x4.extract_lane(s, 2) + <f64>f32x4.extract_lane(s, 3)
  }
  for (; i < count; i++) total += <f64>load<f32>(x + ((<usize>i) << 2))
  return <f32>total
}

/** out[a,c] = sum over b of x [outer, middle, inner]; out is zero. Units of work are 16 neighbouring numbers of out[a]. */
export function sumMiddle(x: usize, out: usize, middle: i32, inner: i32, first: i32, last: i32): void {
  const blocks = (inner + 15) >> 4
  while (first < last) {
    const a = first / blocks
    const block = first % blocks
    const count = min(blocks - block, last - first)
    const from = x + (<usize>(a * middle * inner) << 2)
    const to = out + (<usize>(a * inner) << 2)
    if (inner === 1) store<f32>(to, sumNumbers(from, middle))
    else sumRows(from, to, middle, inner, block << 4, min(inner, (block + count) << 4))
    first += count
  }
}

/** out[0] = the sum of squares of n numbers; all are one unit of work. */
export function sumSquares(x: usize, out: usize, n: i32, first: i32, last: i32): void {
  if (first === last) return
  let total: f64 = 0
  let i = 0
  while (i + 8 <= n) {
    const end = min(i + 8 * BLOCK, n & ~7)
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0)
    for (; i < end; i += 8) {
      const at = x + ((<usize>i) << 2)
      const x0 = v128.load(at), x1 = v128.load(at, 16)
      s0 = madd(x0, x0, s0)
      s1 = madd(x1, x1, s1)
    }
    const s = f32x4.add(s0, s1)
    total += <f64>f32x4.extract_lane(s, 0) + <f64>f32x4.extract_lane(s, 1)
    total += <f64>f32x4.extract_lane(s, 2) + <f64>f32x4.extract_lane(s, 3)
  }
  for (; i < n; i++) {
    const value = load<f32>(x + ((<usize>i) << 2))
    total += <f64>value * <f64>value
  }
  store<f32>(out, <f32>total)
}
