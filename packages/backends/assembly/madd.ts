/** a b + c, rounded once where relaxed SIMD is enabled and the processor can; WebAssembly's plain SIMD rounds twice. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(c, f32x4.mul(a, b))
}
