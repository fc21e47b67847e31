/** Store the first `count` of two vectors of output channels. */
@inline
export function storeOutputs(at: usize, low: v128, high: v128, count: i32): void {
  if (count === 8) {
    v128.store(at, low)
    v128.store(at, high, 16)
    return
  }
  let rest = low
  let lanes = count
  if (count >= 4) {
    v128.store(at, low)
    at += 16
    lanes -= 4
    rest = high
  }
  if (lanes > 0) v128.store32_lane(at, rest, 0)
  if (lanes > 1) v128.store32_lane(at, rest, 1, 4)
  if (lanes > 2) v128.store32_lane(at, rest, 2, 8)
}

/** The same, added to what is there. */
@inline
export function addOutputs(at: usize, low: v128, high: v128, count: i32): void {
  if (count === 8) {
    const a = f32x4.add(v128.load(at), low), b = f32x4.add(v128.load(at, 16), high)
    v128.store(at, a)
    v128.store(at, b, 16)
    return
  }
  for (let o = 0; o < count; o++) {
    store<f32>(at, load<f32>(at) + f32x4.extract_lane(low, 0))
    low = v128.shuffle<f32>(low, high, 1, 2, 3, 4)
    high = v128.shuffle<f32>(high, high, 1, 2, 3, 3)
    at += 4
  }
}
