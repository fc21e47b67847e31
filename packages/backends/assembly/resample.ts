/**
 * y[r,c] = gain times the sum of the 2x2 block of x [2·rows, 2·columns, channels]. Rows of y, over the batch, are the units of
 * work.
 */
export function sumBlocks(
  x: usize, y: usize, columns: i32, channels: i32, gain: f32, first: i32, last: i32,
): void {
  const pixel = (<usize>channels) << 2
  const line = <usize>(2 * columns) * pixel
  const G = f32x4.splat(gain)
  x += <usize>first * 2 * line
  y += <usize>first * (line >> 1)
  for (let r = first; r < last; r++) {
    for (let i = 0; i < columns; i++) {
      let c = 0
      for (; c + 4 <= channels; c += 4) {
        const above = f32x4.add(v128.load(x), v128.load(x + pixel))
        const below = f32x4.add(v128.load(x + line), v128.load(x + line + pixel))
        v128.store(y, f32x4.mul(f32x4.add(above, below), G))
        x += 16
        y += 16
      }
      for (; c < channels; c++) {
        const above = load<f32>(x) + load<f32>(x + pixel)
        const below = load<f32>(x + line) + load<f32>(x + line + pixel)
        store<f32>(y, (above + below) * gain)
        x += 4
        y += 4
      }
      x += pixel
    }
    x += line
  }
}

/** Every pixel of x [rows, columns, channels], times gain, in a 2x2 block of y [2·rows, 2·columns, channels]. Rows of x are the units of work. */
export function repeatBlocks(
  x: usize, y: usize, columns: i32, channels: i32, gain: f32, first: i32, last: i32,
): void {
  const pixel = (<usize>channels) << 2
  const line = <usize>(2 * columns) * pixel
  const G = f32x4.splat(gain)
  x += <usize>first * (line >> 1)
  y += <usize>first * 2 * line
  for (let r = first; r < last; r++) {
    for (let i = 0; i < columns; i++) {
      let c = 0
      for (; c + 4 <= channels; c += 4) {
        const value = f32x4.mul(v128.load(x), G)
        v128.store(y, value)
        v128.store(y + pixel, value)
        v128.store(y + line, value)
        v128.store(y + line + pixel, value)
        x += 16
        y += 16
      }
      for (; c < channels; c++) {
        const value = load<f32>(x) * gain
        store<f32>(y, value)
        store<f32>(y + pixel, value)
        store<f32>(y + line, value)
        store<f32>(y + line + pixel, value)
        x += 4
        y += 4
      }
      y += pixel
    }
    y += line
  }
}
