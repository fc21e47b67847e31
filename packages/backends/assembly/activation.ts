import { madd } from './madd'

// exp by range reduction to [-ln2/2, ln2/2] and a polynomial (Cephes expf): relative error 2e-7. pmin and pmax are one
// instruction each, unlike min and max; with x first they keep NaN. Adding 1.5 2^23 + 127 rounds to an integer and leaves
// the exponent of 2^k in the low bits.
@inline
export function exp(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87)), f32x4.splat(87))
  const magic = f32x4.splat(12583039)
  const n = madd(clamped, f32x4.splat(1.44269504), magic)
  const power = i32x4.shl(n, 23)
  const k = f32x4.sub(n, magic)
  const r = madd(k, f32x4.splat(2.12194440e-4), madd(k, f32x4.splat(-0.693359375), clamped))
  let y = madd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3))
  y = madd(y, r, f32x4.splat(8.3334519073e-3))
  y = madd(y, r, f32x4.splat(4.1665795894e-2))
  y = madd(y, r, f32x4.splat(1.6666665459e-1))
  y = madd(y, r, f32x4.splat(5.0000001201e-1))
  y = f32x4.add(madd(y, f32x4.mul(r, r), r), f32x4.splat(1))
  return f32x4.mul(y, power)
}

@inline
export function sigmoid(z: v128): v128 {
  const one = f32x4.splat(1)
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(z))))
}

@inline
export function silu(z: v128): v128 {
  return f32x4.div(z, f32x4.add(f32x4.splat(1), exp(f32x4.neg(z))))
}

/** d silu / dz = s (1 + z (1 - s)), s = sigmoid(z). */
@inline
export function siluSlope(z: v128): v128 {
  const one = f32x4.splat(1)
  const s = sigmoid(z)
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
