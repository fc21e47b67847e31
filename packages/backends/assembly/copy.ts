/**
 * Rows of `size` bytes (a multiple of 4), from one place to another, each with its own distance between rows. Rows are the
 * units of work.
 */
export function copyRows(
  from: usize, to: usize, size: i32, fromStep: usize, toStep: usize, first: i32, last: i32,
): void {
  from += <usize>first * fromStep
  to += <usize>first * toStep
  for (let r = first; r < last; r++) {
    let o = 0
    for (; o + 16 <= size; o += 16) v128.store(to + o, v128.load(from + o))
    for (; o < size; o += 4) store<u32>(to + o, load<u32>(from + o))
    from += fromStep
    to += toStep
  }
}

/** n numbers become `value`; 16,384 are a unit of work. */
export function fill(to: usize, n: i32, value: f32, first: i32, last: i32): void {
  const end = min(n, last << 14)
  const V = f32x4.splat(value)
  let i = first << 14
  for (; i + 4 <= end; i += 4) v128.store(to + ((<usize>i) << 2), V)
  for (; i < end; i++) store<f32>(to + ((<usize>i) << 2), value)
}
