/** A row of `outputs` numbers, or of zeros if it is 0, to panels of 8 that are `step` apart; the last is filled with zeros. */
@inline
export function spreadRow(row: usize, to: usize, outputs: i32, step: usize): void {
  for (let o = 0; o < outputs; o += 8, to += step) {
    const from = row + ((<usize>o) << 2)
    if (row && o + 8 <= outputs) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
    } else {
      memory.fill(to, 0, 32)
      if (row) memory.copy(to, from, (<usize>(outputs - o)) << 2)
    }
  }
}

/**
 * Filters [rows,outputs], whose rows are the inputs of all taps, as panels of 8 output channels: [panel][8 biases, then row][8],
 * the last one filled up with zeros; bias may be 0. Units of work are the biases and the rows of each filter: they are read as
 * they lie.
 */
export function packFilter(
  filter: usize, bias: usize, packed: usize, rows: i32, outputs: i32, first: i32, last: i32,
): void {
  const step = <usize>(rows + 1) << 5
  const size = <usize>((outputs + 7) >> 3) * step
  for (let unit = first; unit < last; unit++) {
    const one = unit / (rows + 1), row = unit % (rows + 1)
    const from = row > 0 ? filter + ((<usize>(one * rows + row - 1) * <usize>outputs) << 2) : bias
    spreadRow(from, packed + <usize>one * size + ((<usize>row) << 5), outputs, step)
  }
}

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
 * Of a filter [taps,outputs,inputs] `count` outputs (at most 8) from number `start` on and `channels` inputs from number `input` on,
 * as [tap, in reverse][input][8].
 */
export function packTurned(
  filter: usize, to: usize, taps: i32, inputs: i32, outputs: i32, start: i32, count: i32, input: i32, channels: i32,
): void {
  const row = (<usize>inputs) << 2
  for (let tap = taps - 1; tap >= 0; tap--) {
    let at = filter + <usize>(tap * outputs + start) * row + ((<usize>input) << 2)
    let c = 0
    if (count === 8)
      for (; c + 4 <= channels; c += 4) {
        transpose4(at, row, to)
        transpose4(at + 4 * row, row, to + 16)
        at += 16
        to += 128
      }
    for (; c < channels; c++) {
      for (let o = 0; o < count; o++) store<f32>(to + ((<usize>o) << 2), load<f32>(at + <usize>o * row))
      at += 4
      to += 32
    }
  }
}

/**
 * Filters [taps,outputs,inputs] of the convolutions whose input gradients are wanted, as packFilter packs the filters of these
 * gradients: their taps go in reverse order. Units of work are panels, counted over all filters.
 */
export function packTurnedFilter(
  filter: usize, packed: usize, taps: i32, inputs: i32, outputs: i32, first: i32, last: i32,
): void {
  const panels = (outputs + 7) >> 3
  const bytes = <usize>(taps * inputs + 1) << 5
  for (let unit = first; unit < last; unit++) {
    const start = (unit % panels) << 3
    const count = min(8, outputs - start)
    const from = filter + ((<usize>(unit / panels * taps * outputs) * <usize>inputs) << 2)
    const to = packed + <usize>unit * bytes
    memory.fill(to, 0, count < 8 ? bytes : 32)
    packTurned(from, to + 32, taps, inputs, outputs, start, count, 0, inputs)
  }
}
