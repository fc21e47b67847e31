/**
 * y = x with a share of its numbers 0 and the others multiplied by `kept`, n numbers; 1,024 are a unit of work. Eight numbers
 * have one block of Philox 4x32-10 (core's philox.ts), whose first counter is given, and two of them each word: its bits 2 to
 * 16 and its upper 15, which are held against `dropped`.
 */
export function dropout(
  x: usize, y: usize, n: i32, key0: u32, key1: u32, counter0: u32, counter1: u32, dropped: i32, kept: f32,
  first: i32, last: i32,
): void {
  const start = ((<u64>counter1) << 32) | <u64>counter0
  const D = i32x4.splat(dropped), K = f32x4.splat(kept)
  const end = min(n, last << 10)
  for (let i = first << 10; i < end; i += 8) {
    const counter = start + (i >> 3)
    let x0 = <u32>counter, x1 = <u32>(counter >> 32), x2: u32 = 0, x3: u32 = 0
    let k0 = key0, k1 = key1
    for (let round = 0; round < 10; round++) {
      const p0 = <u64>x0 * 0xd2511f53
      const p2 = <u64>x2 * 0xcd9e8d57
      x0 = <u32>(p2 >> 32) ^ x1 ^ k0
      x1 = <u32>p2
      x2 = <u32>(p0 >> 32) ^ x3 ^ k1
      x3 = <u32>p0
      k0 += 0x9e3779b9
      k1 += 0xbb67ae85
    }
    const at = (<usize>i) << 2
    if (i + 8 <= end) {
      let words = i32x4.splat(x0)
      words = i32x4.replace_lane(words, 1, x1)
      words = i32x4.replace_lane(words, 2, x2)
      words = i32x4.replace_lane(words, 3, x3)
      const even = v128.and(i32x4.shr_u(words, 2), i32x4.splat(0x7fff))
      const odd = i32x4.shr_u(words, 17)
      const low = i32x4.lt_s(v128.shuffle<i32>(even, odd, 0, 4, 1, 5), D)
      const high = i32x4.lt_s(v128.shuffle<i32>(even, odd, 2, 6, 3, 7), D)
      v128.store(y + at, f32x4.mul(v128.load(x + at), v128.andnot(K, low)))
      v128.store(y + at, f32x4.mul(v128.load(x + at, 16), v128.andnot(K, high)), 16)
    } else {
      for (let j = 0; i + j < end; j++) {
        const word = j < 2 ? x0 : j < 4 ? x1 : j < 6 ? x2 : x3
        const bits = <i32>(j & 1 ? word >> 17 : (word >> 2) & 0x7fff)
        const o = at + ((<usize>j) << 2)
        store<f32>(y + o, load<f32>(x + o) * (bits < dropped ? <f32>0 : kept))
      }
    }
  }
}
