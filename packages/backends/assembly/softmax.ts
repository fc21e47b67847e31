import { exp } from './activation'
import { largest, total } from './lanes'

/** y = softmax of each row of x [rows,columns]; columns are a multiple of 4. Rows are the units of work. */
export function softmax(x: usize, y: usize, columns: i32, first: i32, last: i32): void {
  const row = (<usize>columns) << 2
  x += <usize>first * row
  y += <usize>first * row
  for (let r = first; r < last; r++, x += row, y += row) {
    let top = v128.load(x)
    for (let at: usize = 16; at < row; at += 16) top = f32x4.pmax(top, v128.load(x + at))
    const shift = f32x4.splat(largest(top))
    let sums = f32x4.splat(0)
    for (let at: usize = 0; at < row; at += 16) {
      const e = exp(f32x4.sub(v128.load(x + at), shift))
      v128.store(y + at, e)
      sums = f32x4.add(sums, e)
    }
    const share = f32x4.splat(1 / total(sums))
    for (let at: usize = 0; at < row; at += 16) v128.store(y + at, f32x4.mul(v128.load(y + at), share))
  }
}
