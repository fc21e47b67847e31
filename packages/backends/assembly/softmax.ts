import { exp, NUMBERS, setNumbers } from './activation'

/** The largest number of a row of `bytes` bytes, a multiple of 16. */
@inline
export function largestOf(x: usize, bytes: usize): f32 {
  let top = v128.load(x)
  for (let at: usize = 16; at < bytes; at += 16) top = f32x4.pmax(top, v128.load(x + at))
  return max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  )
}

/** y = exp(x - top) of a row of `bytes` bytes, a multiple of 16. Returns the sum of y. numbers: setNumbers' */
@inline
export function exponentials(numbers: usize, x: usize, y: usize, bytes: usize, top: f32): f32 {
  const shift = f32x4.splat(top)
  let sums = f32x4.splat(0)
  let at: usize = 0
  for (; at + 32 <= bytes; at += 32) {
    const low = exp(numbers, f32x4.sub(v128.load(x + at), shift)), high = exp(numbers, f32x4.sub(v128.load(x + at, 16), shift))
    v128.store(y + at, low)
    v128.store(y + at, high, 16)
    sums = f32x4.add(f32x4.add(sums, low), high)
  }
  if (at < bytes) {
    const rest = exp(numbers, f32x4.sub(v128.load(x + at), shift))
    v128.store(y + at, rest)
    sums = f32x4.add(sums, rest)
  }
  return f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)
}

/**
 * y = softmax of each row of x [rows,columns]; columns are a multiple of 4. Rows are the units of work. scratch, for each thread:
 * NUMBERS floats
 */
export function softmax(
  x: usize, y: usize, scratch: usize, scratchStep: usize, columns: i32, first: i32, last: i32, thread: i32,
): void {
  const numbers = scratch + <usize>thread * scratchStep
  setNumbers(numbers)
  const row = (<usize>columns) << 2
  x += <usize>first * row
  y += <usize>first * row
  for (let r = first; r < last; r++, x += row, y += row) {
    const share = f32x4.splat(1 / exponentials(numbers, x, y, row, largestOf(x, row)))
    for (let at: usize = 0; at < row; at += 16) v128.store(y + at, f32x4.mul(v128.load(y + at), share))
  }
}
