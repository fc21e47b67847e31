import { silu, siluSlope } from './activation'

/** The number of channels done at once: four, or a tail one by one in the first lane. */
@inline
function width(c: i32, channels: i32): i32 {
  return c + 4 <= channels ? 4 : 1
}

@inline
function read(at: usize, lanes: i32): v128 {
  return lanes === 4 ? v128.load(at) : v128.load32_zero(at)
}

@inline
function write(at: usize, value: v128, lanes: i32): void {
  if (lanes === 4) v128.store(at, value)
  else v128.store32_lane(at, value, 0)
}

/** sums[c] = sum over pixels of x, or of (x - centre[c])^2 where there is a centre. */
function channelSums(x: usize, centre: usize, sums: usize, pixels: i32, channels: i32): void {
  const step = (<usize>channels) << 2
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
        s0 = f32x4.add(s0, f32x4.mul(d0, d0))
        s1 = f32x4.add(s1, f32x4.mul(d1, d1))
        s2 = f32x4.add(s2, f32x4.mul(d2, d2))
        s3 = f32x4.add(s3, f32x4.mul(d3, d3))
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
function coefficients(
  a: usize, b: usize, means: usize, mean: usize, rstd: usize, gamma: usize, beta: usize, scale: usize, shift: usize,
  sample: i32, channels: i32, groups: i32,
): void {
  const size = channels / groups
  for (let c = 0; c < channels; c++) {
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
 * scale, shift [B,C] or 0. Samples are the units of work. scratch, for each thread: 4 C floats.
 */
export function groupNorm(
  x: usize, gamma: usize, beta: usize, scale: usize, shift: usize, y: usize, mean: usize, rstd: usize,
  scratch: usize, scratchStep: usize, pixels: i32, channels: i32, groups: i32, epsilon: f32, activate: bool,
  first: i32, last: i32, thread: i32,
): void {
  const row = (<usize>channels) << 2
  scratch += <usize>thread * scratchStep
  const sums = scratch, means = scratch + row, a = scratch + 2 * row, b = scratch + 3 * row
  const size = channels / groups
  const count = <f32>(pixels * size)
  for (let n = first; n < last; n++) {
    const offset = <usize>n * <usize>pixels * row
    channelSums(x + offset, 0, sums, pixels, channels)
    for (let g = 0; g < groups; g++) {
      const m = sumOf(sums, g * size, size) / count
      store<f32>(mean + ((<usize>(n * groups + g)) << 2), m)
      for (let c = g * size; c < (g + 1) * size; c++) store<f32>(means + ((<usize>c) << 2), m)
    }
    channelSums(x + offset, means, sums, pixels, channels)
    for (let g = 0; g < groups; g++) {
      const variance = sumOf(sums, g * size, size) / count
      store<f32>(rstd + ((<usize>(n * groups + g)) << 2), <f32>1 / sqrt<f32>(variance + epsilon))
    }
    coefficients(a, b, means, mean, rstd, gamma, beta, scale, shift, n, channels, groups)
    let at = offset
    for (let i = 0; i < pixels; i++) {
      let c = 0
      while (c < channels) {
        const lanes = width(c, channels)
        const o = (<usize>c) << 2
        const z = f32x4.add(f32x4.mul(read(x + at + o, lanes), read(a + o, lanes)), read(b + o, lanes))
        write(y + at + o, activate ? silu(z) : z, lanes)
        c += lanes
      }
      at += row
    }
  }
}

/**
 * Gradients of groupNorm. With u = (x - mean) rstd, A = gamma (1 + scale), dz = dy act'(z) and, per sample and channel,
 * S1 = sum dz, S2 = sum dz u:
 *
 *   dshift = S1, dscale = gamma S2 + beta S1, dgamma = sum_b (1 + scale) S2, dbeta = sum_b (1 + scale) S1,
 *   dx = rstd (A dz - mean_g(A dz) - u mean_g(A dz u))
 *
 * dgammas and dbetas [B,C] receive the terms of the sums over samples, which are the units of work; dscale and dshift are 0
 * where there is no modulation. scratch, for each thread: 7 C floats.
 */
export function groupNormGradient(
  x: usize, dy: usize, gamma: usize, beta: usize, scale: usize, shift: usize, mean: usize, rstd: usize,
  dx: usize, dgammas: usize, dbetas: usize, dscale: usize, dshift: usize, scratch: usize, scratchStep: usize,
  pixels: i32, channels: i32, groups: i32, activate: bool, first: i32, last: i32, thread: i32,
): void {
  const row = (<usize>channels) << 2
  scratch += <usize>thread * scratchStep
  const a = scratch, b = scratch + row, means = scratch + 2 * row, s1 = scratch + 3 * row, s2 = scratch + 4 * row
  const q = scratch + 5 * row, r = scratch + 6 * row
  const size = channels / groups
  const count = <f32>(pixels * size)
  // Pixels whose x, dy and dx fit the first cache together.
  const tile = max(1, 2048 / channels)
  for (let n = first; n < last; n++) {
    const offset = <usize>n * <usize>pixels * row
    coefficients(a, b, means, mean, rstd, gamma, beta, scale, shift, n, channels, groups)
    memory.fill(s1, 0, 2 * row)
    for (let first = 0; first < pixels; first += tile) {
      const last = min(first + tile, pixels)
      let c = 0
      while (c < channels) {
        const lanes = width(c, channels)
        const o = (<usize>c) << 2
        const slope = read(a + o, lanes), intercept = read(b + o, lanes), m = read(means + o, lanes)
        let t1 = read(s1 + o, lanes), t2 = read(s2 + o, lanes)
        let at = offset + <usize>first * row + o
        for (let i = first; i < last; i++) {
          const value = read(x + at, lanes)
          let dz = read(dy + at, lanes)
          if (activate) dz = f32x4.mul(dz, siluSlope(f32x4.add(f32x4.mul(value, slope), intercept)))
          t1 = f32x4.add(t1, dz)
          t2 = f32x4.add(t2, f32x4.mul(dz, f32x4.sub(value, m)))
          write(dx + at, dz, lanes)
          at += row
        }
        write(s1 + o, t1, lanes)
        write(s2 + o, t2, lanes)
        c += lanes
      }
    }
    for (let g = 0; g < groups; g++) {
      const scaling = load<f32>(rstd + ((<usize>(n * groups + g)) << 2))
      let m1: f32 = 0, m2: f32 = 0
      for (let c = g * size; c < (g + 1) * size; c++) {
        const o = (<usize>c) << 2
        const channel = (<usize>(n * channels + c)) << 2
        const gain: f32 = scale ? <f32>1 + load<f32>(scale + channel) : 1
        const S1 = load<f32>(s1 + o), S2 = load<f32>(s2 + o) * scaling
        const weight = load<f32>(gamma + o)
        store<f32>(dgammas + channel, gain * S2)
        store<f32>(dbetas + channel, gain * S1)
        if (dscale) store<f32>(dscale + channel, weight * S2 + load<f32>(beta + o) * S1)
        if (dshift) store<f32>(dshift + channel, S1)
        m1 += weight * gain * S1
        m2 += weight * gain * S2
      }
      m1 = m1 / count * scaling
      m2 = m2 / count * scaling * scaling
      for (let c = g * size; c < (g + 1) * size; c++) {
        const o = (<usize>c) << 2
        store<f32>(q + o, m2)
        store<f32>(r + o, m1)
      }
    }
    let at = offset
    for (let i = 0; i < pixels; i++) {
      let c = 0
      while (c < channels) {
        const lanes = width(c, channels)
        const o = (<usize>c) << 2
        const u = f32x4.mul(f32x4.sub(read(x + at + o, lanes), read(means + o, lanes)), read(q + o, lanes))
        const dz = f32x4.mul(read(dx + at + o, lanes), read(a + o, lanes))
        write(dx + at + o, f32x4.sub(f32x4.sub(dz, u), read(r + o, lanes)), lanes)
        c += lanes
      }
      at += row
    }
  }
}
