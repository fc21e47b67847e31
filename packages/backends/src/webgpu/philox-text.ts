/**
 * `philox(counter, key)` in WGSL: the four words of one block of Philox 4x32-10, with the same bits as in core.
 * `blockAfter(counter, n)` is the n-th counter after the place `counter`; its last two words are 0. WGSL can't give the
 * high half of a 32-bit product, so this builds it from 16-bit products.
 *
 * @see Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
 */
export const philoxText = `
fn highHalf(a: u32, b: u32) -> u32 {
  let lowA = a & 0xffffu;
  let highA = a >> 16u;
  let lowB = b & 0xffffu;
  let highB = b >> 16u;
  let middle = highA * lowB + ((lowA * lowB) >> 16u);
  let cross = lowA * highB + (middle & 0xffffu);
  return highA * highB + (middle >> 16u) + (cross >> 16u);
}
fn philox(counter: vec4<u32>, firstKey: vec2<u32>) -> vec4<u32> {
  var x = counter;
  var key = firstKey;
  for (var round = 0u; round < 10u; round++) {
    x = vec4<u32>(
      highHalf(x.z, 0xcd9e8d57u) ^ x.y ^ key.x,
      x.z * 0xcd9e8d57u,
      highHalf(x.x, 0xd2511f53u) ^ x.w ^ key.y,
      x.x * 0xd2511f53u,
    );
    key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return x;
}
fn blockAfter(counter: vec2<u32>, n: u32) -> vec4<u32> {
  let low = counter.x + n;
  return vec4<u32>(low, counter.y + select(0u, 1u, low < n), 0u, 0u);
}`
