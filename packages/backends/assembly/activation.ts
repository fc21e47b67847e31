import { constant } from './constant'
import { madd } from './madd'

// exp by range reduction to [-ln2/2, ln2/2] and a polynomial (Cephes expf): relative error 2e-7. Adding 1.5 2^23 + 127 rounds to
// an integer and leaves the exponent of 2^k in the low bits. The numbers for it are in a table:
const LOWEST = 0, HIGHEST = 1, ROUNDING = 2, LOG2E = 3, LN2_LOW = 4, LN2_HIGH = 5
const C7 = 6, C6 = 7, C5 = 8, C4 = 9, C3 = 10, C2 = 11, ONE = 12

/** Floats of the table of numbers, which the functions below take by its address. */
export const NUMBERS = 16

@inline
function numberAt(place: i32): f32 {
  if (place === LOWEST) return -87
  if (place === HIGHEST) return 87
  if (place === ROUNDING) return 12583039
  if (place === LOG2E) return 1.44269504
  if (place === LN2_LOW) return 2.12194440e-4
  if (place === LN2_HIGH) return -0.693359375
  if (place === C7) return 1.9875691500e-4
  if (place === C6) return 1.3981999507e-3
  if (place === C5) return 8.3334519073e-3
  if (place === C4) return 4.1665795894e-2
  if (place === C3) return 1.6666665459e-1
  if (place === C2) return 5.0000001201e-1
  return 1
}

/** Fill the table of numbers. */
@inline
export function setNumbers(table: usize): void {
  for (let place = 0; place <= ONE; place++) store<f32>(table + ((<usize>place) << 2), numberAt(place))
}

@inline
function number(t: usize, place: i32): v128 {
  return constant(t, place, numberAt(place))
}

// pmin and pmax are one instruction each, unlike min and max; with x first they keep NaN.
@inline
export function exp(t: usize, x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, number(t, LOWEST)), number(t, HIGHEST))
  const n = madd(clamped, number(t, LOG2E), number(t, ROUNDING))
  const power = i32x4.shl(n, 23)
  const k = f32x4.sub(n, number(t, ROUNDING))
  const r = madd(k, number(t, LN2_LOW), madd(k, number(t, LN2_HIGH), clamped))
  let y = madd(number(t, C7), r, number(t, C6))
  y = madd(y, r, number(t, C5))
  y = madd(y, r, number(t, C4))
  y = madd(y, r, number(t, C3))
  y = madd(y, r, number(t, C2))
  y = f32x4.add(madd(y, f32x4.mul(r, r), r), number(t, ONE))
  return f32x4.mul(y, power)
}

@inline
export function sigmoid(t: usize, z: v128): v128 {
  return f32x4.div(number(t, ONE), f32x4.add(number(t, ONE), exp(t, f32x4.neg(z))))
}

@inline
export function silu(t: usize, z: v128): v128 {
  return f32x4.div(z, f32x4.add(number(t, ONE), exp(t, f32x4.neg(z))))
}

/** d silu / dz = s (1 + z (1 - s)), s = sigmoid(z). */
@inline
export function siluSlope(t: usize, z: v128): v128 {
  const one = number(t, ONE)
  const s = sigmoid(t, z)
  return f32x4.mul(s, madd(z, f32x4.sub(one, s), one))
}

/** log of a positive normal number (Cephes logf): relative error 1e-7. */
export function log(x: f32): f32 {
  const bits = reinterpret<i32>(x) - 0x3f3504f3 // the mantissa's bits of sqrt(1/2)
  const k = <f32>(bits >> 23)
  const z = reinterpret<f32>((bits & 0x7fffff) + 0x3f3504f3) - 1
  let y: f32 = 7.0376836292e-2
  y = y * z - 1.1514610310e-1
  y = y * z + 1.1676998740e-1
  y = y * z - 1.2420140846e-1
  y = y * z + 1.4249322787e-1
  y = y * z - 1.6668057665e-1
  y = y * z + 2.0000714765e-1
  y = y * z - 2.4999993993e-1
  y = y * z + 3.3333331174e-1
  return y * z * z * z + k * <f32>-2.12194440e-4 - <f32>0.5 * z * z + z + k * <f32>0.693359375
}
