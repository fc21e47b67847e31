/**
 * Philox 4x32-10: fill `out` with random words, four for each 128-bit counter, under a 64-bit key. From block to block, the
 * first two words of the counter count up; the other two stay the same.
 *
 * JavaScript has no instruction for the high half of a 32-bit product, so it is computed from 16-bit products. They are
 * written out and stay within int32: a function call, or larger numbers, take twice as long.
 *
 * @param out  its length is a multiple of 4
 * @see Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
 */
export function philox4x32(
  [c0, c1, c2, c3]: readonly [number, number, number, number],
  [k0, k1]: readonly [number, number],
  out: Uint32Array,
): void {
  let low = c0 | 0
  let high = c1 | 0
  for (let at = 0; at < out.length; at += 4) {
    let x0 = low
    let x1 = high
    let x2 = c2 | 0
    let x3 = c3 | 0
    let key0 = k0 | 0
    let key1 = k1 | 0
    for (let round = 0; round < 10; round++) {
      // x0 times 0xd2511f53
      const low0 = x0 & 0xffff
      const high0 = x0 >>> 16
      const middle0 = (Math.imul(high0, 0x1f53) + (Math.imul(low0, 0x1f53) >>> 16)) | 0
      const cross0 = (Math.imul(low0, 0xd251) + (middle0 & 0xffff)) | 0
      const top0 = (Math.imul(high0, 0xd251) + (middle0 >>> 16) + (cross0 >>> 16)) | 0
      // x2 times 0xcd9e8d57
      const low2 = x2 & 0xffff
      const high2 = x2 >>> 16
      const middle2 = (Math.imul(high2, 0x8d57) + (Math.imul(low2, 0x8d57) >>> 16)) | 0
      const cross2 = (Math.imul(low2, 0xcd9e) + (middle2 & 0xffff)) | 0
      const top2 = (Math.imul(high2, 0xcd9e) + (middle2 >>> 16) + (cross2 >>> 16)) | 0

      const bottom0 = Math.imul(x0, 0xd2511f53)
      const bottom2 = Math.imul(x2, 0xcd9e8d57)
      x0 = top2 ^ x1 ^ key0
      x1 = bottom2
      x2 = top0 ^ x3 ^ key1
      x3 = bottom0
      key0 = (key0 + 0x9e3779b9) | 0
      key1 = (key1 + 0xbb67ae85) | 0
    }
    out[at] = x0
    out[at + 1] = x1
    out[at + 2] = x2
    out[at + 3] = x3
    low = (low + 1) | 0
    if (low === 0) high = (high + 1) | 0
  }
}
