import { constant } from './constant'
import { madd } from './madd'

// Winograd's F(4,3) in one dimension: the vectors of Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, at the
// points 0, p, -p, q, -q and infinity. With p = 5/8 and q = 3/2 results are about as exact as sums of products; with the
// usual 1 and 2 their errors are seven times as large. All these factors are exact but those of N.
const p: f32 = 0.625, p2: f32 = 0.390625, q: f32 = 1.5, q2: f32 = 2.25
// The products of a point's distances from the others, inverted.
const n0: f32 = 1 / (p2 * q2), np: f32 = 1 / (2 * p2 * (p2 - q2)), nq: f32 = 1 / (2 * q2 * (q2 - p2))

// The factors, as their places in a table.
const P = 0, P2 = 1, P3 = 2, Q = 3, Q2 = 4, Q3 = 5, PQ = 6, SUM = 7, N0 = 8, NP = 9, NQ = 10, PNP = 11, QNQ = 12

/** Floats of the table of factors, which the functions below take by its address. */
export const FACTORS = 16

@inline
function factorAt(place: i32): f32 {
  if (place === P) return p
  if (place === P2) return p2
  if (place === P3) return 0.244140625
  if (place === Q) return q
  if (place === Q2) return q2
  if (place === Q3) return 3.375
  if (place === PQ) return p2 * q2
  if (place === SUM) return p2 + q2
  if (place === N0) return n0
  if (place === NP) return np
  if (place === NQ) return nq
  if (place === PNP) return p * np
  return q * nq
}

/** Fill the table of factors. */
@inline
export function setFactors(table: usize): void {
  for (let place = 0; place <= QNQ; place++) store<f32>(table + ((<usize>place) << 2), factorAt(place))
}

/** a - factor b */
@inline
function less(t: usize, a: v128, factor: i32, b: v128): v128 {
  if (WIDE) return f32x4.relaxed_nmadd(constant(t, factor, factorAt(factor)), b, a)
  return madd(f32x4.splat(-factorAt(factor)), b, a)
}

@inline
function more(t: usize, a: v128, factor: i32, b: v128): v128 {
  return madd(constant(t, factor, factorAt(factor)), b, a)
}

@inline
function times(t: usize, factor: i32, a: v128): v128 {
  return f32x4.mul(constant(t, factor, factorAt(factor)), a)
}

/** a + factor b at the positions of p and q, a - factor b at those of -p and -q. */
@inline
function signed(t: usize, k: i32, a: v128, factor: i32, b: v128): v128 {
  return k % 2 === 1 ? more(t, a, factor, b) : less(t, a, factor, b)
}

// Each function does four channels, or eight in two vectors that lie beside each other. t is the table of factors.

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
function input(t: usize, k: i32, i0: v128, i1: v128, i2: v128, i3: v128, i4: v128, i5: v128): v128 {
  if (k === 0) return more(t, less(t, i4, SUM, i2), PQ, i0)
  if (k === 5) return more(t, less(t, i5, SUM, i3), PQ, i1)
  const other = k < 3 ? Q2 : P2
  const even = less(t, i4, other, i2), odd = less(t, i3, other, i1)
  return signed(t, k, even, k < 3 ? P : Q, odd)
}

/** B^T d: six pixels to six positions. */
@inline
export function inputs6(t: usize, from: usize, step: usize, to: usize, toStep: usize, eight: bool): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step), a4 = v128.load(from + 4 * step), a5 = v128.load(from + 5 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight), b4 = upper(from + 4 * step, eight), b5 = upper(from + 5 * step, eight)
  storeBoth(to, input(t, 0, a0, a1, a2, a3, a4, a5), input(t, 0, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + toStep, input(t, 1, a0, a1, a2, a3, a4, a5), input(t, 1, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 2 * toStep, input(t, 2, a0, a1, a2, a3, a4, a5), input(t, 2, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 3 * toStep, input(t, 3, a0, a1, a2, a3, a4, a5), input(t, 3, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 4 * toStep, input(t, 4, a0, a1, a2, a3, a4, a5), input(t, 4, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 5 * toStep, input(t, 5, a0, a1, a2, a3, a4, a5), input(t, 5, b0, b1, b2, b3, b4, b5), eight)
}

/** Position k of G g. */
@inline
function weight(t: usize, k: i32, w0: v128, w1: v128, w2: v128): v128 {
  if (k === 0) return times(t, N0, w0)
  if (k === 5) return w2
  const even = times(t, k < 3 ? NP : NQ, more(t, w0, k < 3 ? P2 : Q2, w2))
  return signed(t, k, even, k < 3 ? PNP : QNQ, w1)
}

/** G g: three weights to six positions. */
@inline
export function filters6(t: usize, from: usize, step: usize, to: usize, toStep: usize, eight: bool): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  storeBoth(to, weight(t, 0, a0, a1, a2), weight(t, 0, b0, b1, b2), eight)
  storeBoth(to + toStep, weight(t, 1, a0, a1, a2), weight(t, 1, b0, b1, b2), eight)
  storeBoth(to + 2 * toStep, weight(t, 2, a0, a1, a2), weight(t, 2, b0, b1, b2), eight)
  storeBoth(to + 3 * toStep, weight(t, 3, a0, a1, a2), weight(t, 3, b0, b1, b2), eight)
  storeBoth(to + 4 * toStep, weight(t, 4, a0, a1, a2), weight(t, 4, b0, b1, b2), eight)
  storeBoth(to + 5 * toStep, weight(t, 5, a0, a1, a2), weight(t, 5, b0, b1, b2), eight)
}

/** Pixel k of A^T m. */
@inline
function output(t: usize, k: i32, o0: v128, o1: v128, o2: v128, o3: v128, o4: v128, o5: v128, bias: v128): v128 {
  const sumP = f32x4.add(o1, o2), apartP = f32x4.sub(o1, o2), sumQ = f32x4.add(o3, o4), apartQ = f32x4.sub(o3, o4)
  if (k === 0) return f32x4.add(f32x4.add(o0, bias), f32x4.add(sumP, sumQ))
  if (k === 1) return more(t, more(t, bias, P, apartP), Q, apartQ)
  if (k === 2) return more(t, more(t, bias, P2, sumP), Q2, sumQ)
  return more(t, more(t, f32x4.add(o5, bias), P3, apartP), Q3, apartQ)
}

/** A^T m + bias: six positions to four pixels. */
@inline
export function outputs4(
  t: usize, from: usize, step: usize, to: usize, toStep: usize, bias: v128, upperBias: v128, eight: bool,
): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step), a4 = v128.load(from + 4 * step), a5 = v128.load(from + 5 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight), b4 = upper(from + 4 * step, eight), b5 = upper(from + 5 * step, eight)
  storeBoth(to, output(t, 0, a0, a1, a2, a3, a4, a5, bias), output(t, 0, b0, b1, b2, b3, b4, b5, upperBias), eight)
  storeBoth(to + toStep, output(t, 1, a0, a1, a2, a3, a4, a5, bias), output(t, 1, b0, b1, b2, b3, b4, b5, upperBias), eight)
  storeBoth(to + 2 * toStep, output(t, 2, a0, a1, a2, a3, a4, a5, bias), output(t, 2, b0, b1, b2, b3, b4, b5, upperBias), eight)
  storeBoth(to + 3 * toStep, output(t, 3, a0, a1, a2, a3, a4, a5, bias), output(t, 3, b0, b1, b2, b3, b4, b5, upperBias), eight)
}

/** Position k of A d. */
@inline
function gradient(t: usize, k: i32, g0: v128, g1: v128, g2: v128, g3: v128): v128 {
  if (k === 0) return g0
  if (k === 5) return g3
  const square = k < 3 ? P2 : Q2
  const even = more(t, g0, square, g2), odd = more(t, g1, square, g3)
  return signed(t, k, even, k < 3 ? P : Q, odd)
}

/** A d: the gradients of four pixels to six positions. */
@inline
export function gradients6(t: usize, from: usize, step: usize, to: usize, toStep: usize, eight: bool): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight)
  storeBoth(to, gradient(t, 0, a0, a1, a2, a3), gradient(t, 0, b0, b1, b2, b3), eight)
  storeBoth(to + toStep, gradient(t, 1, a0, a1, a2, a3), gradient(t, 1, b0, b1, b2, b3), eight)
  storeBoth(to + 2 * toStep, gradient(t, 2, a0, a1, a2, a3), gradient(t, 2, b0, b1, b2, b3), eight)
  storeBoth(to + 3 * toStep, gradient(t, 3, a0, a1, a2, a3), gradient(t, 3, b0, b1, b2, b3), eight)
  storeBoth(to + 4 * toStep, gradient(t, 4, a0, a1, a2, a3), gradient(t, 4, b0, b1, b2, b3), eight)
  storeBoth(to + 5 * toStep, gradient(t, 5, a0, a1, a2, a3), gradient(t, 5, b0, b1, b2, b3), eight)
}

/** Weight k of G^T m. */
@inline
function sum(t: usize, k: i32, s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128): v128 {
  if (k === 1) return more(t, times(t, PNP, f32x4.sub(s1, s2)), QNQ, f32x4.sub(s3, s4))
  const sumP = times(t, NP, f32x4.add(s1, s2)), sumQ = times(t, NQ, f32x4.add(s3, s4))
  if (k === 0) return more(t, f32x4.add(sumP, sumQ), N0, s0)
  return more(t, more(t, s5, P2, sumP), Q2, sumQ)
}

/** G^T m: six positions to the gradients of three weights. */
@inline
export function filters3(t: usize, from: usize, step: usize, to: usize, toStep: usize, eight: bool): void {
  const a0 = v128.load(from), a1 = v128.load(from + step), a2 = v128.load(from + 2 * step)
  const a3 = v128.load(from + 3 * step), a4 = v128.load(from + 4 * step), a5 = v128.load(from + 5 * step)
  const b0 = upper(from, eight), b1 = upper(from + step, eight), b2 = upper(from + 2 * step, eight)
  const b3 = upper(from + 3 * step, eight), b4 = upper(from + 4 * step, eight), b5 = upper(from + 5 * step, eight)
  storeBoth(to, sum(t, 0, a0, a1, a2, a3, a4, a5), sum(t, 0, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + toStep, sum(t, 1, a0, a1, a2, a3, a4, a5), sum(t, 1, b0, b1, b2, b3, b4, b5), eight)
  storeBoth(to + 2 * toStep, sum(t, 2, a0, a1, a2, a3, a4, a5), sum(t, 2, b0, b1, b2, b3, b4, b5), eight)
}
