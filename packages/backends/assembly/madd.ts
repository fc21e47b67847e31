/** a b + c; WebAssembly's SIMD has no such instruction that gives the same bits on every machine. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(c, f32x4.mul(a, b))
}
