import { NUMBERS, setNumbers, siluSlope } from './activation'
import { coefficients, read, width, write } from './group-norm'
import { madd } from './madd'

/**
 * Gradients of groupNorm. With u = (x - mean) rstd, A = gamma (1 + scale), dz = dy act'(z) and, per sample and channel,
 * S1 = sum dz, S2 = sum dz u:
 *
 *   dshift = S1, dscale = gamma S2 + beta S1, dgamma = sum_b (1 + scale) S2, dbeta = sum_b (1 + scale) S1,
 *   dx = rstd (A dz - mean_g(A dz) - u mean_g(A dz u))
 *
 * dgammas and dbetas [B,C] receive the terms of the sums over samples. Units of work are `together` groups of a sample; dscale
 * and dshift are 0 where there is no modulation. scratch, for each thread: NUMBERS + 7 C floats.
 */
export function groupNormGradient(
  x: usize, dy: usize, gamma: usize, beta: usize, scale: usize, shift: usize, mean: usize, rstd: usize,
  dx: usize, dgammas: usize, dbetas: usize, dscale: usize, dshift: usize, scratch: usize, scratchStep: usize,
  pixels: i32, channels: i32, groups: i32, together: i32, activate: bool, first: i32, last: i32, thread: i32,
): void {
  const row = (<usize>channels) << 2
  const numbers = scratch + <usize>thread * scratchStep
  setNumbers(numbers)
  scratch = numbers + (NUMBERS << 2)
  const a = scratch, b = scratch + row, means = scratch + 2 * row, s1 = scratch + 3 * row, s2 = scratch + 4 * row
  const q = scratch + 5 * row, r = scratch + 6 * row
  const size = channels / groups
  const count = <f32>(pixels * size)
  const parts = (groups + together - 1) / together
  for (let unit = first; unit < last; unit++) {
    const n = unit / parts
    const group = unit % parts * together, groupEnd = min(groups, group + together)
    const start = group * size, end = groupEnd * size
    const offset = <usize>n * <usize>pixels * row
    coefficients(a, b, means, mean, rstd, gamma, beta, scale, shift, n, channels, groups, start, end)
    slopeSums(x + offset, dy + offset, dx + offset, a, b, means, s1, s2, row, pixels, start, end, activate, numbers)
    for (let g = group; g < groupEnd; g++) {
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
        // dx = a dz - q (x - mean) - r, as a dz + q' x + r'
        store<f32>(q + o, -m2)
        store<f32>(r + o, m2 * load<f32>(means + o) - m1)
      }
    }
    combine(x + offset, dx + offset, a, q, r, row, pixels, start, end)
  }
}

/** Pixels whose x, dy and dx fit the first cache together. */
const TILE = 128

/** dx = dz, s1 = sum of dz and s2 = sum of dz (x - mean), for each channel from `start` to `end`. */
function slopeSums(
  x: usize, dy: usize, dx: usize, a: usize, b: usize, means: usize, s1: usize, s2: usize,
  row: usize, pixels: i32, start: i32, end: i32, activate: bool, numbers: usize,
): void {
  const o = (<usize>start) << 2
  memory.fill(s1 + o, 0, (<usize>(end - start)) << 2)
  memory.fill(s2 + o, 0, (<usize>(end - start)) << 2)
  for (let first = 0; first < pixels; first += TILE) {
    const last = min(first + TILE, pixels)
    let c = start
    for (; c + 8 <= end; c += 8) {
      const o = (<usize>c) << 2
      const a0 = v128.load(a + o), a1 = v128.load(a + o, 16), b0 = v128.load(b + o), b1 = v128.load(b + o, 16)
      const m0 = v128.load(means + o), m1 = v128.load(means + o, 16)
      let t0 = v128.load(s1 + o), t1 = v128.load(s1 + o, 16), u0 = v128.load(s2 + o), u1 = v128.load(s2 + o, 16)
      let at = <usize>first * row + o
      for (let i = first; i < last; i++) {
        const x0 = v128.load(x + at), x1 = v128.load(x + at, 16)
        let z0 = v128.load(dy + at), z1 = v128.load(dy + at, 16)
        if (activate) {
          z0 = f32x4.mul(z0, siluSlope(numbers, madd(x0, a0, b0)))
          z1 = f32x4.mul(z1, siluSlope(numbers, madd(x1, a1, b1)))
        }
        t0 = f32x4.add(t0, z0)
        t1 = f32x4.add(t1, z1)
        u0 = madd(z0, f32x4.sub(x0, m0), u0)
        u1 = madd(z1, f32x4.sub(x1, m1), u1)
        v128.store(dx + at, z0)
        v128.store(dx + at, z1, 16)
        at += row
      }
      v128.store(s1 + o, t0)
      v128.store(s1 + o, t1, 16)
      v128.store(s2 + o, u0)
      v128.store(s2 + o, u1, 16)
    }
    while (c < end) {
      const lanes = width(c, end)
      const o = (<usize>c) << 2
      const slope = read(a + o, lanes), intercept = read(b + o, lanes), m = read(means + o, lanes)
      let t = read(s1 + o, lanes), u = read(s2 + o, lanes)
      let at = <usize>first * row + o
      for (let i = first; i < last; i++) {
        const value = read(x + at, lanes)
        let dz = read(dy + at, lanes)
        if (activate) dz = f32x4.mul(dz, siluSlope(numbers, madd(value, slope, intercept)))
        t = f32x4.add(t, dz)
        u = madd(dz, f32x4.sub(value, m), u)
        write(dx + at, dz, lanes)
        at += row
      }
      write(s1 + o, t, lanes)
      write(s2 + o, u, lanes)
      c += lanes
    }
  }
}

/** dx = dx a + x q + r for each channel from `start` to `end`. */
function combine(
  x: usize, dx: usize, a: usize, q: usize, r: usize, row: usize, pixels: i32, start: i32, end: i32,
): void {
  let c = start
  for (; c + 16 <= end; c += 16) {
    const o = (<usize>c) << 2
    const a0 = v128.load(a + o), a1 = v128.load(a + o, 16), a2 = v128.load(a + o, 32), a3 = v128.load(a + o, 48)
    const q0 = v128.load(q + o), q1 = v128.load(q + o, 16), q2 = v128.load(q + o, 32), q3 = v128.load(q + o, 48)
    const r0 = v128.load(r + o), r1 = v128.load(r + o, 16), r2 = v128.load(r + o, 32), r3 = v128.load(r + o, 48)
    let from = x + o, to = dx + o
    for (let i = 0; i < pixels; i++) {
      const z0 = madd(v128.load(to), a0, madd(v128.load(from), q0, r0))
      const z1 = madd(v128.load(to, 16), a1, madd(v128.load(from, 16), q1, r1))
      const z2 = madd(v128.load(to, 32), a2, madd(v128.load(from, 32), q2, r2))
      const z3 = madd(v128.load(to, 48), a3, madd(v128.load(from, 48), q3, r3))
      v128.store(to, z0)
      v128.store(to, z1, 16)
      v128.store(to, z2, 32)
      v128.store(to, z3, 48)
      from += row
      to += row
    }
  }
  while (c < end) {
    const lanes = width(c, end)
    const o = (<usize>c) << 2
    const A = read(a + o, lanes), Q = read(q + o, lanes), R = read(r + o, lanes)
    let from = x + o, to = dx + o
    for (let i = 0; i < pixels; i++) {
      write(to, madd(read(to, lanes), A, madd(read(from, lanes), Q, R)), lanes)
      from += row
      to += row
    }
    c += lanes
  }
}
