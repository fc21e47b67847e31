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

/** B^T d: six pixels to six positions. */
@inline
export function inputs6(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step)
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step), d5 = v128.load(from + 5 * step)
  v128.store(to, more(less(d4, SUM, d2), PQ, d0))
  const evenP = less(d4, Q2, d2), oddP = less(d3, Q2, d1)
  v128.store(to + toStep, more(evenP, P, oddP))
  v128.store(to + 2 * toStep, less(evenP, P, oddP))
  const evenQ = less(d4, P2, d2), oddQ = less(d3, P2, d1)
  v128.store(to + 3 * toStep, more(evenQ, Q, oddQ))
  v128.store(to + 4 * toStep, less(evenQ, Q, oddQ))
  v128.store(to + 5 * toStep, more(less(d5, SUM, d3), PQ, d1))
}

/** G g: three weights to six positions. */
@inline
export function filters6(from: usize, step: usize, to: usize, toStep: usize): void {
  const a = v128.load(from), b = v128.load(from + step), c = v128.load(from + 2 * step)
  v128.store(to, times(N0, a))
  const evenP = times(NP, more(a, P2, c)), evenQ = times(NQ, more(a, Q2, c))
  v128.store(to + toStep, more(evenP, P * NP, b))
  v128.store(to + 2 * toStep, less(evenP, P * NP, b))
  v128.store(to + 3 * toStep, more(evenQ, Q * NQ, b))
  v128.store(to + 4 * toStep, less(evenQ, Q * NQ, b))
  v128.store(to + 5 * toStep, c)
}

/** A^T m + bias: six positions to four pixels. */
@inline
export function outputs4(from: usize, step: usize, to: usize, toStep: usize, bias: v128): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step)
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step)
  const sumP = f32x4.add(m1, m2), apartP = f32x4.sub(m1, m2), sumQ = f32x4.add(m3, m4), apartQ = f32x4.sub(m3, m4)
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), bias), f32x4.add(sumP, sumQ)))
  v128.store(to + toStep, more(more(bias, P, apartP), Q, apartQ))
  v128.store(to + 2 * toStep, more(more(bias, P2, sumP), Q2, sumQ))
  v128.store(to + 3 * toStep, more(more(f32x4.add(v128.load(from + 5 * step), bias), P3, apartP), Q3, apartQ))
}

/** A d: the gradients of four pixels to six positions. */
@inline
export function gradients6(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step), d3 = v128.load(from + 3 * step)
  v128.store(to, d0)
  const evenP = more(d0, P2, d2), oddP = more(d1, P2, d3)
  v128.store(to + toStep, more(evenP, P, oddP))
  v128.store(to + 2 * toStep, less(evenP, P, oddP))
  const evenQ = more(d0, Q2, d2), oddQ = more(d1, Q2, d3)
  v128.store(to + 3 * toStep, more(evenQ, Q, oddQ))
  v128.store(to + 4 * toStep, less(evenQ, Q, oddQ))
  v128.store(to + 5 * toStep, d3)
}

/** G^T m: six positions to the gradients of three weights. */
@inline
export function filters3(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step)
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step)
  const sumP = times(NP, f32x4.add(m1, m2)), sumQ = times(NQ, f32x4.add(m3, m4))
  v128.store(to, more(f32x4.add(sumP, sumQ), N0, v128.load(from)))
  v128.store(to + toStep, more(times(P * NP, f32x4.sub(m1, m2)), Q * NQ, f32x4.sub(m3, m4)))
  v128.store(to + 2 * toStep, more(more(v128.load(from + 5 * step), P2, sumP), Q2, sumQ))
}
