/** y = (y + skip) scale, `bytes` bytes of each. */
@inline
export function addSkip(y: usize, skip: usize, bytes: usize, scale: f32): void {
  const S = f32x4.splat(scale)
  let at: usize = 0
  for (; at + 32 <= bytes; at += 32) {
    const low = f32x4.mul(f32x4.add(v128.load(y + at), v128.load(skip + at)), S)
    const high = f32x4.mul(f32x4.add(v128.load(y + at, 16), v128.load(skip + at, 16)), S)
    v128.store(y + at, low)
    v128.store(y + at, high, 16)
  }
  for (; at < bytes; at += 4) store<f32>(y + at, (load<f32>(y + at) + load<f32>(skip + at)) * scale)
}
