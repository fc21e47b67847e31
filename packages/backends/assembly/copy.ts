/** rows of `size` bytes (a multiple of 4), from one place to another, each with its own distance between rows. */
export function copyRows(from: usize, to: usize, rows: i32, size: usize, fromStep: usize, toStep: usize): void {
  for (let r = 0; r < rows; r++) {
    let o: usize = 0
    for (; o + 16 <= size; o += 16) v128.store(to + o, v128.load(from + o))
    for (; o < size; o += 4) store<u32>(to + o, load<u32>(from + o))
    from += fromStep
    to += toStep
  }
}
