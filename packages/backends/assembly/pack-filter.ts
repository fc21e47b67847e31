/** Four output channels of four inputs, `step` apart, to four inputs of four outputs, 32 bytes apart. */
@inline
function transpose4(from: usize, step: usize, to: usize): void {
  const a = v128.load(from), b = v128.load(from + step), c = v128.load(from + 2 * step), d = v128.load(from + 3 * step)
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
  v128.store(to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 32)
  v128.store(to, v128.shuffle<f32>(ef, gh, 0, 1, 4, 5), 64)
  v128.store(to, v128.shuffle<f32>(ef, gh, 2, 3, 6, 7), 96)
}

/**
 * Filters [taps,inputs,outputs] as panels of 8 output channels, [panel][8 biases, then tap][c][8], the last one filled up
 * with zeros; bias may be 0. With `turned`, a filter is [taps,outputs,inputs] of the convolution whose input gradient is
 * wanted: its taps go in reverse order. Panels are counted over all filters.
 */
export function packFilter(
  filter: usize, bias: usize, packed: usize, taps: i32, inputs: i32, outputs: i32, turned: bool, first: i32, last: i32,
): void {
  const panels = (outputs + 7) >> 3
  const bytes = <usize>(taps * inputs + 1) << 5
  const input = (<usize>inputs) << 2
  const output = (<usize>outputs) << 2
  for (let unit = first; unit < last; unit++) {
    const start = (unit % panels) << 3
    const count = min(8, outputs - start)
    const from = filter + (<usize>(unit / panels * taps * inputs) * output)
    let to = packed + <usize>unit * bytes
    if (count < 8 || !bias) memory.fill(to, 0, count < 8 ? bytes : 32)
    if (bias) memory.copy(to, bias + ((<usize>start) << 2), (<usize>count) << 2)
    to += 32
    for (let tap = 0; tap < taps; tap++) {
      let at = turned
        ? from + <usize>((taps - 1 - tap) * outputs + start) * input
        : from + <usize>(tap * inputs) * output + ((<usize>start) << 2)
      let c = 0
      if (turned) {
        if (count === 8)
          for (; c + 4 <= inputs; c += 4) {
            transpose4(at, input, to)
            transpose4(at + 4 * input, input, to + 16)
            at += 16
            to += 128
          }
        for (; c < inputs; c++) {
          for (let o = 0; o < count; o++) store<f32>(to + ((<usize>o) << 2), load<f32>(at + <usize>o * input))
          at += 4
          to += 32
        }
        continue
      }
      for (; c < inputs; c++) {
        if (count === 8) {
          v128.store(to, v128.load(at))
          v128.store(to, v128.load(at, 16), 16)
        } else {
          for (let o: usize = 0; o < <usize>count; o++) store<f32>(to + (o << 2), load<f32>(at + (o << 2)))
        }
        at += output
        to += 32
      }
    }
  }
}
