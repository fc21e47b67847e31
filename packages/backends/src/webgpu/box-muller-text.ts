/**
 * `boxMuller(words)` in WGSL: two standard normal numbers from two random words, as core's `Rng.normals` makes them in float64.
 * With u = (word + 1/2) 2^-32 of each word they are sqrt(-2 ln u0) (cos 2πu1, sin 2πu1).
 *
 * A float32 has no room for u near 1, and WGSL's cos and sin may be wrong by 2^-11. So what has to be exact is computed from
 * integers: 1 - u, and the angle from the nearest quarter turn. Then short Taylor series are precise to the last bits. GPUs may
 * round differently, with fused multiply-add for example, so their numbers can differ in the last bits, and in no others.
 */
export const boxMullerText = `
// ln((word + 1/2) 2^-32) = exponent ln 2 + ln(1 + s), with 1 + s in [sqrt(1/2), sqrt(2)]
fn logOfFraction(word: u32) -> f32 {
  var exponent = 0;
  var s = -(f32(~word) + 0.5) * 0x1p-32;
  if (word < 0xb504f334u) {
    let bits = bitcast<i32>(f32(word) + 0.5);
    let places = (bits - 0x3f3504f3) >> 23u;
    exponent = places - 32;
    s = bitcast<f32>(bits - (places << 23u)) - 1.0;
  }
  let r = s / (2.0 + s); // ln(1 + s) = 2 artanh(r)
  let q = r * r;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))));
  return f32(exponent) * ${Math.LN2} + 2.0 * r * series;
}
// (cos, sin) of (word + 1/2) 2^-32 turns
fn direction(word: u32) -> vec2<f32> {
  let turned = word + 0x20000000u;
  let angle = (f32(i32(turned & 0x3fffffffu) - 0x20000000) + 0.5) * (${2 * Math.PI} * 0x1p-32);
  let q = angle * angle;
  let c = 1.0 - q * (1.0 / 2.0 - q * (1.0 / 24.0 - q * (1.0 / 720.0 - q * (1.0 / 40320.0 - q * (1.0 / 3628800.0)))));
  let s = angle * (1.0 - q * (1.0 / 6.0 - q * (1.0 / 120.0 - q * (1.0 / 5040.0 - q * (1.0 / 362880.0)))));
  let quarter = turned >> 30u;
  let near = select(vec2<f32>(c, s), vec2<f32>(-s, c), (quarter & 1u) == 1u);
  return select(near, -near, quarter >= 2u);
}
fn boxMuller(words: vec2<u32>) -> vec2<f32> {
  return sqrt(-2.0 * logOfFraction(words.x)) * direction(words.y);
}`

/** `numbers(words)` in WGSL: four standard normal numbers from four random words. */
export const normalsText = `${boxMullerText}
fn numbers(words: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(boxMuller(words.xy), boxMuller(words.zw));
}`
