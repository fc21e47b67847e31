import { fillFrame, storeOutputs, tile } from './conv2d'

/** G (a, b, c), four vectors `step` apart. */
@inline
function expand(to: usize, step: usize, a: v128, b: v128, c: v128): void {
  const sum = f32x4.mul(f32x4.splat(0.5), f32x4.add(a, c)), middle = f32x4.mul(f32x4.splat(0.5), b)
  v128.store(to, a)
  v128.store(to + step, f32x4.add(sum, middle))
  v128.store(to + 2 * step, f32x4.sub(sum, middle))
  v128.store(to + 3 * step, c)
}

/** U = G g G^T for 3x3 filters that packFilter packed: panels [8 biases, then position of 16][c][8]. */
export function winogradFilter(packed: usize, transformed: usize, inputs: i32, first: i32, last: i32): void {
  const step = (<usize>inputs) << 5
  for (let panel = first; panel < last; panel++) {
    let from = packed + <usize>panel * (9 * step + 32)
    let to = transformed + <usize>panel * (16 * step + 32)
    v128.store(to, v128.load(from))
    v128.store(to, v128.load(from, 16), 16)
    from += 32
    to += 32
    for (const end = from + step; from < end; from += 16, to += 16) {
      const a = v128.load(from), b = v128.load(from + step), c = v128.load(from + 2 * step)
      const d = v128.load(from + 3 * step), e = v128.load(from + 4 * step), f = v128.load(from + 5 * step)
      const g = v128.load(from + 6 * step), h = v128.load(from + 7 * step), i = v128.load(from + 8 * step)
      const half = f32x4.splat(0.5)
      const s0 = f32x4.mul(half, f32x4.add(a, g)), s1 = f32x4.mul(half, f32x4.add(b, h)), s2 = f32x4.mul(half, f32x4.add(c, i))
      const m0 = f32x4.mul(half, d), m1 = f32x4.mul(half, e), m2 = f32x4.mul(half, f)
      expand(to, step, a, b, c)
      expand(to + 4 * step, step, f32x4.add(s0, m0), f32x4.add(s1, m1), f32x4.add(s2, m2))
      expand(to + 8 * step, step, f32x4.sub(s0, m0), f32x4.sub(s1, m1), f32x4.sub(s2, m2))
      expand(to + 12 * step, step, g, h, i)
    }
  }
}

/** B^T (a, b, c, d), four vectors `step` apart. */
@inline
function spread(to: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, f32x4.sub(a, c))
  v128.store(to + step, f32x4.add(b, c))
  v128.store(to + 2 * step, f32x4.sub(c, b))
  v128.store(to + 3 * step, f32x4.sub(b, d))
}

/** V = B^T d B for the 4x4 pixels at `from`, all channels; the 16 positions are `step` apart. */
function transformInput(from: usize, row: usize, pixel: usize, to: usize, step: usize): void {
  for (const end = from + pixel; from < end; from += 16, to += 16) {
    const second = from + row, third = second + row, fourth = third + row
    const b0 = v128.load(second), b1 = v128.load(second + pixel)
    const b2 = v128.load(second + 2 * pixel), b3 = v128.load(second + 3 * pixel)
    const c0 = v128.load(third), c1 = v128.load(third + pixel)
    const c2 = v128.load(third + 2 * pixel), c3 = v128.load(third + 3 * pixel)
    spread(
      to, step, f32x4.sub(v128.load(from), c0), f32x4.sub(v128.load(from + pixel), c1),
      f32x4.sub(v128.load(from + 2 * pixel), c2), f32x4.sub(v128.load(from + 3 * pixel), c3),
    )
    spread(to + 4 * step, step, f32x4.add(b0, c0), f32x4.add(b1, c1), f32x4.add(b2, c2), f32x4.add(b3, c3))
    spread(to + 8 * step, step, f32x4.sub(c0, b0), f32x4.sub(c1, b1), f32x4.sub(c2, b2), f32x4.sub(c3, b3))
    spread(
      to + 12 * step, step, f32x4.sub(b0, v128.load(fourth)), f32x4.sub(b1, v128.load(fourth + pixel)),
      f32x4.sub(b2, v128.load(fourth + 2 * pixel)), f32x4.sub(b3, v128.load(fourth + 3 * pixel)),
    )
  }
}

/** A^T M A + bias of 4 output channels: the 2x2 pixels take the places of the first four positions. */
@inline
function transformOutput(at: usize, step: usize, bias: v128): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, b0 = a0, b1 = a0, b2 = a0, row = at
  for (let j = 0; j < 4; j++, row += step) {
    const m0 = v128.load(row), m1 = v128.load(row + 4 * step)
    const m2 = v128.load(row + 8 * step), m3 = v128.load(row + 12 * step)
    const a = f32x4.add(f32x4.add(m0, m1), m2), b = f32x4.sub(f32x4.sub(m1, m2), m3)
    if (j === 0) {
      a0 = a
      b0 = b
    } else if (j === 1) {
      a1 = a
      b1 = b
    } else if (j === 2) {
      a2 = a
      b2 = b
    } else {
      v128.store(at, f32x4.add(f32x4.add(f32x4.add(a0, a1), a2), bias))
      v128.store(at + step, f32x4.add(f32x4.sub(f32x4.sub(a1, a2), a), bias))
      v128.store(at + 2 * step, f32x4.add(f32x4.add(f32x4.add(b0, b1), b2), bias))
      v128.store(at + 3 * step, f32x4.add(f32x4.sub(f32x4.sub(b1, b2), b), bias))
    }
  }
}

/**
 * y = conv2d(x, filter) + bias for 3x3 filters of winogradFilter, stride 1 and a multiple of 4 inputs: F(2x2,3x3) of
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, with 16 products for 4 pixels where conv2d has 36.
 * Bands of output rows, an even number, are the units of work.
 *
 * scratch, for each thread, with h = bandRows / 2, w = ceil(outWidth / 2):
 *   (2 h + 2) (2 w + 2) inputs + 16 h w (inputs + 8) + h w + 16 floats
 */
export function winograd(
  x: usize, filter: usize, y: usize, scratch: usize, scratchStep: usize, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, top: i32, left: i32, bandRows: i32, first: i32, last: i32, thread: i32,
): void {
  const pixel = (<usize>inputs) << 2
  const outPixel = (<usize>outputs) << 2
  const panels = (outputs + 7) >> 3
  const position = (<usize>inputs) << 5
  const bands = (outHeight + bandRows - 1) / bandRows
  const across = (outWidth + 1) >> 1
  const columns = 2 * across + 2
  const row = <usize>columns * pixel
  const most = (bandRows >> 1) * across
  const zeros = scratch + <usize>thread * scratchStep
  const places = zeros + 32
  const frame = places + ((<usize>((most + 7) & ~3)) << 2)
  const inner = frame + <usize>(bandRows + 2) * row
  const outer = inner + 16 * <usize>most * pixel
  memory.fill(zeros, 0, 32)
  for (let unit = first; unit < last; unit++) {
    const b = unit / bands
    const start = (unit % bands) * bandRows
    const rows = min(bandRows, outHeight - start)
    const down = (rows + 1) >> 1
    const tiles = down * across
    const innerStep = <usize>tiles * pixel
    const outerStep = (<usize>tiles) << 5
    for (let t = 0; t < tiles + 3; t++) store<u32>(places + ((<usize>t) << 2), <u32>(<usize>min(t, tiles - 1) * pixel))
    const image = x + <usize>(b * height * width) * pixel
    fillFrame(image, frame, start - top, height, width, pixel, 2 * down + 2, columns, left)
    for (let t = 0; t < tiles; t++) {
      const corner = frame + <usize>(2 * (t / across)) * row + <usize>(2 * (t % across)) * pixel
      transformInput(corner, row, pixel, inner + <usize>t * pixel, innerStep)
    }
    for (let panel = 0; panel < panels; panel++) {
      const count = min(8, outputs - (panel << 3))
      const biases = filter + <usize>panel * (16 * position + 32)
      for (let p = 0; p < 16; p++)
        for (let t = 0; t < tiles; t += 4)
          tile(
            inner + <usize>p * innerStep, 0, places + ((<usize>t) << 2), zeros, biases + 32 + <usize>p * position, 1, position,
            outer + <usize>p * outerStep + ((<usize>t) << 5), 32, tiles - t, 8,
          )
      const bias0 = v128.load(biases), bias1 = v128.load(biases, 16)
      for (let t = 0; t < tiles; t++) {
        const at = outer + ((<usize>t) << 5)
        transformOutput(at, outerStep, bias0)
        transformOutput(at + 16, outerStep, bias1)
        const oh = start + 2 * (t / across), ow = 2 * (t % across)
        for (let k = 0; k < 4; k++) {
          const h = oh + (k >> 1), w = ow + (k & 1)
          if (h >= outHeight || w >= outWidth) continue
          const to = y + <usize>((b * outHeight + h) * outWidth + w) * outPixel + ((<usize>panel) << 5)
          const from = at + <usize>k * outerStep
          storeOutputs(to, v128.load(from), v128.load(from, 16), count)
        }
      }
    }
  }
}
