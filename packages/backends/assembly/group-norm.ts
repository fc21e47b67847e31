import { NUMBERS, setNumbers, silu } from './activation'
import { madd } from './madd'

/** The number of channels done at once: four, or a tail one by one in the first lane. */
@inline
export function width(c: i32, channels: i32): i32 {
  return c + 4 <= channels ? 4 : 1
}

@inline
export function read(at: usize, lanes: i32): v128 {
  return lanes === 4 ? v128.load(at) : v128.load32_zero(at)
}

@inline
export function write(at: usize, value: v128, lanes: i32): void {
  if (lanes === 4) v128.store(at, value)
  else v128.store32_lane(at, value, 0)
}

/** sums[c] = sum over pixels, which lie `step` bytes apart, of x, or of (x - centre[c])^2 where there is a centre. */
function channelSums(x: usize, step: usize, centre: usize, sums: usize, pixels: i32, channels: i32): void {
  let c = 0
  for (; c + 16 <= channels; c += 16) {
    const offset = (<usize>c) << 2
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0)
    let at = x + offset
    if (centre) {
      const m0 = v128.load(centre + offset), m1 = v128.load(centre + offset, 16)
      const m2 = v128.load(centre + offset, 32), m3 = v128.load(centre + offset, 48)
      for (let i = 0; i < pixels; i++) {
        const d0 = f32x4.sub(v128.load(at), m0), d1 = f32x4.sub(v128.load(at, 16), m1)
        const d2 = f32x4.sub(v128.load(at, 32), m2), d3 = f32x4.sub(v128.load(at, 48), m3)
        s0 = madd(d0, d0, s0)
        s1 = madd(d1, d1, s1)
        s2 = madd(d2, d2, s2)
        s3 = madd(d3, d3, s3)
        at += step
      }
    } else {
      for (let i = 0; i < pixels; i++) {
        s0 = f32x4.add(s0, v128.load(at))
        s1 = f32x4.add(s1, v128.load(at, 16))
        s2 = f32x4.add(s2, v128.load(at, 32))
        s3 = f32x4.add(s3, v128.load(at, 48))
        at += step
      }
    }
    v128.store(sums + offset, s0)
    v128.store(sums + offset, s1, 16)
    v128.store(sums + offset, s2, 32)
    v128.store(sums + offset, s3, 48)
  }
  while (c < channels) {
    const lanes = width(c, channels)
    const offset = (<usize>c) << 2
    const m = centre ? read(centre + offset, lanes) : f32x4.splat(0)
    let s = f32x4.splat(0)
    let at = x + offset
    for (let i = 0; i < pixels; i++) {
      const d = f32x4.sub(read(at, lanes), m)
      s = f32x4.add(s, centre ? f32x4.mul(d, d) : d)
      at += step
    }
    write(sums + offset, s, lanes)
    c += lanes
  }
}

@inline
function sumOf(values: usize, start: i32, count: i32): f32 {
  let total: f32 = 0
  for (let c = start; c < start + count; c++) total += load<f32>(values + ((<usize>c) << 2))
  return total
}

/**
 * z = x a + b for sample b: the affine part, its modulation and the normalisation in two numbers a channel.
 * `means` receives the group's mean for every channel.
 */
export function coefficients(
  a: usize, b: usize, means: usize, mean: usize, rstd: usize, gamma: usize, beta: usize, scale: usize, shift: usize,
  sample: i32, channels: i32, groups: i32, start: i32, end: i32,
): void {
  const size = channels / groups
  for (let c = start; c < end; c++) {
    const offset = (<usize>c) << 2
    const group = (<usize>(sample * groups + c / size)) << 2
    const channel = (<usize>(sample * channels + c)) << 2
    const gain: f32 = scale ? <f32>1 + load<f32>(scale + channel) : 1
    const m = load<f32>(mean + group)
    const slope = load<f32>(rstd + group) * load<f32>(gamma + offset) * gain
    const extra: f32 = shift ? load<f32>(shift + channel) : 0
    store<f32>(means + offset, m)
    store<f32>(a + offset, slope)
    store<f32>(b + offset, load<f32>(beta + offset) * gain + extra - m * slope)
  }
}

/**
 * y = act(groupNorm(x) (1 + scale) + shift), x [B,pixels,C]; mean and rstd [B,G] are kept for the gradient.
 * scale, shift [B,C] or 0. Units of work are `together` groups of a sample. scratch, for each thread: NUMBERS + 4 C floats.
 */
export function groupNorm(
  x: usize, gamma: usize, beta: usize, scale: usize, shift: usize, y: usize, mean: usize, rstd: usize,
  scratch: usize, scratchStep: usize, pixels: i32, channels: i32, groups: i32, together: i32, epsilon: f32,
  activate: bool, first: i32, last: i32, thread: i32,
): void {
  const row = (<usize>channels) << 2
  const numbers = scratch + <usize>thread * scratchStep
  setNumbers(numbers)
  scratch = numbers + (NUMBERS << 2)
  const sums = scratch, means = scratch + row, a = scratch + 2 * row, b = scratch + 3 * row
  const size = channels / groups
  const count = <f32>(pixels * size)
  const parts = (groups + together - 1) / together
  for (let unit = first; unit < last; unit++) {
    const n = unit / parts
    const group = unit % parts * together, groupEnd = min(groups, group + together)
    const start = group * size, width = (groupEnd - group) * size
    const o = (<usize>start) << 2
    const offset = <usize>n * <usize>pixels * row + o
    channelSums(x + offset, row, 0, sums + o, pixels, width)
    for (let g = group; g < groupEnd; g++) {
      const m = sumOf(sums, g * size, size) / count
      store<f32>(mean + ((<usize>(n * groups + g)) << 2), m)
      for (let c = g * size; c < (g + 1) * size; c++) store<f32>(means + ((<usize>c) << 2), m)
    }
    channelSums(x + offset, row, means + o, sums + o, pixels, width)
    for (let g = group; g < groupEnd; g++) {
      const variance = sumOf(sums, g * size, size) / count
      store<f32>(rstd + ((<usize>(n * groups + g)) << 2), <f32>1 / sqrt<f32>(variance + epsilon))
    }
    coefficients(a, b, means, mean, rstd, gamma, beta, scale, shift, n, channels, groups, start, start + width)
    apply(x + offset, a + o, b + o, y + offset, row, pixels, width, activate, numbers)
  }
}

/** y = act(x a + b) of some channels of all pixels. */
function apply(
  x: usize, a: usize, b: usize, y: usize, row: usize, pixels: i32, channels: i32, activate: bool, numbers: usize,
): void {
  let c = 0
  for (; c + 8 <= channels; c += 8) {
    const o = (<usize>c) << 2
    const a0 = v128.load(a + o), a1 = v128.load(a + o, 16)
    const b0 = v128.load(b + o), b1 = v128.load(b + o, 16)
    let from = x + o, to = y + o
    for (let i = 0; i < pixels; i++) {
      let z0 = madd(v128.load(from), a0, b0), z1 = madd(v128.load(from, 16), a1, b1)
      if (activate) {
        z0 = silu(numbers, z0)
        z1 = silu(numbers, z1)
      }
      v128.store(to, z0)
      v128.store(to, z1, 16)
      from += row
      to += row
    }
  }
  while (c < channels) {
    const lanes = width(c, channels)
    const o = (<usize>c) << 2
    const slope = read(a + o, lanes), intercept = read(b + o, lanes)
    let from = x + o, to = y + o
    for (let i = 0; i < pixels; i++) {
      const z = madd(read(from, lanes), slope, intercept)
      write(to, activate ? silu(numbers, z) : z, lanes)
      from += row
      to += row
    }
    c += lanes
  }
}
