import { madd } from './madd'

// Winograd's F(4,3) in one dimension: the vectors of Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, at the
// points 0, p, -p, q, -q and infinity. With p = 5/8 and q = 3/2 results are about as exact as sums of products; with the
// usual 1 and 2 their errors are seven times as large. All these factors are exact but those of N.
const P: f32 = 0.625, P2: f32 = 0.390625, P3: f32 = 0.244140625
const Q: f32 = 1.5, Q2: f32 = 2.25, Q3: f32 = 3.375
const PQ: f32 = P2 * Q2, SUM: f32 = P2 + Q2
// The products of a point's distances from the others, inverted.
const N0: f32 = 1 / PQ, NP: f32 = 1 / (2 * P2 * (P2 - Q2)), NQ: f32 = 1 / (2 * Q2 * (Q2 - P2))

/** a - factor b */
@inline
function less(a: v128, factor: f32, b: v128): v128 {
  return madd(f32x4.splat(-factor), b, a)
}

@inline
function more(a: v128, factor: f32, b: v128): v128 {
  return madd(f32x4.splat(factor), b, a)
}

@inline
function times(factor: f32, a: v128): v128 {
  return f32x4.mul(f32x4.splat(factor), a)
}

/** a + factor b at the positions of p and q, a - factor b at those of -p and -q. */
@inline
function signed(k: i32, a: v128, factor: f32, b: v128): v128 {
  return k % 2 === 1 ? more(a, factor, b) : less(a, factor, b)
}

// Each function does four channels, or eight in two vectors that lie beside each other.

/** Bytes of four or eight channels. */
@inline
export function sizeOf(eight: bool): usize {
  return eight ? 32 : 16
}

/** The second vector of eight channels. */
@inline
export function upper(at: usize, eight: bool): v128 {
  return eight ? v128.load(at, 16) : f32x4.splat(0)
}

/** Store a vector, and of eight channels the second one. */
@inline
export function storeBoth(at: usize, low: v128, high: v128, eight: bool): void {
  v128.store(at, low)
  if (eight) v128.store(at, high, 16)
}

/** Position k of B^T d. */
@inline
function input(k: i32, i0: v128, i1: v128, i2: v128, i3: v128, i4: v128, i5: v128): v128 {
  if (k === 0) return more(less(i4, SUM, i2), PQ, i0)
  if (k === 5) return more(less(i5, SUM, i3), PQ, i1)
  const other = k < 3 ? Q2 : P2
  const even = less(i4, other, i2), odd = less(i3, other, i1)
  return signed(k, even, k < 3 ? P : Q, odd)
}

/** B^T d: six pixels to six positions. */
@inline
export function inputs6(
  from: usize, step: usize, to: usize, toStep: usize, eight: bool,
): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step), a4 = v128.load(from + 4 * step), a5 = v128.load(from + 5 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight), b4 = upper(from + 4 * step, eight), b5 = upper(from + 5 * step, eight)
  storeBoth(to, input(0, a0, a1, a2, a3, a4, a5), input(0, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + toStep, input(1, a0, a1, a2, a3, a4, a5), input(1, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 2 * toStep, input(2, a0, a1, a2, a3, a4, a5), input(2, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 3 * toStep, input(3, a0, a1, a2, a3, a4, a5), input(3, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 4 * toStep, input(4, a0, a1, a2, a3, a4, a5), input(4, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 5 * toStep, input(5, a0, a1, a2, a3, a4, a5), input(5, b0, b1, b2, b3, b4, b5), eight)
}

/** Position k of G g. */
@inline
function weight(k: i32, w0: v128, w1: v128, w2: v128): v128 {
  if (k === 0) return times(N0, w0)
  if (k === 5) return w2
  const N = k < 3 ? NP : NQ
  const even = times(N, more(w0, k < 3 ? P2 : Q2, w2))
  return signed(k, even, k < 3 ? P * NP : Q * NQ, w1)
}

/** G g: three weights to six positions. */
@inline
export function filters6(
  from: usize, step: usize, to: usize, toStep: usize, eight: bool,
): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  storeBoth(to, weight(0, a0, a1, a2), weight(0, b0, b1, b2), eight)
  storeBoth(to + toStep, weight(1, a0, a1, a2), weight(1, b0, b1, b2), eight)
  storeBoth(to + 2 * toStep, weight(2, a0, a1, a2), weight(2, b0, b1, b2), eight)
  storeBoth(to + 3 * toStep, weight(3, a0, a1, a2), weight(3, b0, b1, b2), eight)
  storeBoth(to + 4 * toStep, weight(4, a0, a1, a2), weight(4, b0, b1, b2), eight)
  storeBoth(to + 5 * toStep, weight(5, a0, a1, a2), weight(5, b0, b1, b2), eight)
}

/** Pixel k of A^T m. */
@inline
function output(k: i32, o0: v128, o1: v128, o2: v128, o3: v128, o4: v128, o5: v128, bias: v128): v128 {
  const sumP = f32x4.add(o1, o2), apartP = f32x4.sub(o1, o2), sumQ = f32x4.add(o3, o4), apartQ = f32x4.sub(o3, o4)
  if (k === 0) return f32x4.add(f32x4.add(o0, bias), f32x4.add(sumP, sumQ))
  if (k === 1) return more(more(bias, P, apartP), Q, apartQ)
  if (k === 2) return more(more(bias, P2, sumP), Q2, sumQ)
  return more(more(f32x4.add(o5, bias), P3, apartP), Q3, apartQ)
}

/** A^T m + bias: six positions to four pixels. */
@inline
export function outputs4(
  from: usize, step: usize, to: usize, toStep: usize, bias: v128, upperBias: v128, eight: bool,
): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step), a4 = v128.load(from + 4 * step), a5 = v128.load(from + 5 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight), b4 = upper(from + 4 * step, eight), b5 = upper(from + 5 * step, eight)
  storeBoth(to, output(0, a0, a1, a2, a3, a4, a5, bias), output(0, b0, b1, b2, b3, b4, b5, upperBias), eight)
  storeBoth(to + toStep, output(1, a0, a1, a2, a3, a4, a5, bias), output(1, b0, b1, b2, b3, b4, b5, upperBias), eight)
  storeBoth(to + 2 * toStep, output(2, a0, a1, a2, a3, a4, a5, bias), output(2, b0, b1, b2, b3, b4, b5, upperBias), eight)
  storeBoth(to + 3 * toStep, output(3, a0, a1, a2, a3, a4, a5, bias), output(3, b0, b1, b2, b3, b4, b5, upperBias), eight)
}

/** Position k of A d. */
@inline
function gradient(k: i32, g0: v128, g1: v128, g2: v128, g3: v128): v128 {
  if (k === 0) return g0
  if (k === 5) return g3
  const square = k < 3 ? P2 : Q2
  const even = more(g0, square, g2), odd = more(g1, square, g3)
  return signed(k, even, k < 3 ? P : Q, odd)
}

/** A d: the gradients of four pixels to six positions. */
@inline
export function gradients6(
  from: usize, step: usize, to: usize, toStep: usize, eight: bool,
): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight)
  storeBoth(to, gradient(0, a0, a1, a2, a3), gradient(0, b0, b1, b2, b3), eight)
  storeBoth(to + toStep, gradient(1, a0, a1, a2, a3), gradient(1, b0, b1, b2, b3), eight)
  storeBoth(to + 2 * toStep, gradient(2, a0, a1, a2, a3), gradient(2, b0, b1, b2, b3), eight)
  storeBoth(to + 3 * toStep, gradient(3, a0, a1, a2, a3), gradient(3, b0, b1, b2, b3), eight)
  storeBoth(to + 4 * toStep, gradient(4, a0, a1, a2, a3), gradient(4, b0, b1, b2, b3), eight)
  storeBoth(to + 5 * toStep, gradient(5, a0, a1, a2, a3), gradient(5, b0, b1, b2, b3), eight)
}

/** Weight k of G^T m. */
@inline
function sum(k: i32, s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128): v128 {
  if (k === 1) return more(times(P * NP, f32x4.sub(s1, s2)), Q * NQ, f32x4.sub(s3, s4))
  const sumP = times(NP, f32x4.add(s1, s2)), sumQ = times(NQ, f32x4.add(s3, s4))
  if (k === 0) return more(f32x4.add(sumP, sumQ), N0, s0)
  return more(more(s5, P2, sumP), Q2, sumQ)
}

/** G^T m: six positions to the gradients of three weights. */
@inline
export function filters3(
  from: usize, step: usize, to: usize, toStep: usize, eight: bool,
): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step), a4 = v128.load(from + 4 * step), a5 = v128.load(from + 5 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight), b4 = upper(from + 4 * step, eight), b5 = upper(from + 5 * step, eight)
  storeBoth(to, sum(0, a0, a1, a2, a3, a4, a5), sum(0, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + toStep, sum(1, a0, a1, a2, a3, a4, a5), sum(1, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 2 * toStep, sum(2, a0, a1, a2, a3, a4, a5), sum(2, b0, b1, b2, b3, b4, b5), eight)
}
