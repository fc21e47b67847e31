/**
 * The filter as panels of 8 output channels, [panel][tap][c][8], the last one filled up with zeros. With `turned`, the
 * filter is [taps, outputs, inputs] of the convolution whose input gradient is wanted: its taps go in reverse order.
 */
function packFilter(filter: usize, packed: usize, taps: i32, inputs: i32, outputs: i32, turned: bool): void {
  for (let panel = 0; panel < outputs; panel += 8) {
    const count = min(8, outputs - panel)
    for (let tap = 0; tap < taps; tap++) {
      for (let c = 0; c < inputs; c++) {
        for (let o = 0; o < count; o++) {
          const from = turned
            ? ((taps - 1 - tap) * outputs + panel + o) * inputs + c
            : (tap * inputs + c) * outputs + panel + o
          store<f32>(packed + ((<usize>o) << 2), load<f32>(filter + ((<usize>from) << 2)))
        }
        for (let o = count; o < 8; o++) store<f32>(packed + ((<usize>o) << 2), 0)
        packed += 32
      }
    }
  }
}

/** The first `count` of two vectors of output channels. */
@inline
function storeOutputs(at: usize, low: v128, high: v128, count: i32): void {
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

/**
 * y = conv2d(x, filter) + bias, NHWC, stride 1, any filter and padding; sums of 4 pixels and 8 output channels stay in
 * registers. Each image is copied into a frame of zeros first, so that what a row of the filter sees of it lies in one
 * piece. The frame is 3 pixels wider than needed, for the last 4 pixels of a row.
 *
 * scratch: (outHeight + filterHeight - 1) (outWidth + filterWidth + 2) inputs
 *          + (taps inputs + 1) 8 ceil(outputs / 8) floats; bias may be 0
 */
export function conv2d(
  x: usize, filter: usize, bias: usize, y: usize, scratch: usize, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, filterHeight: i32, filterWidth: i32, top: i32, left: i32, turned: bool,
): void {
  const pixel = (<usize>inputs) << 2
  const outPixel = (<usize>outputs) << 2
  const panels = (outputs + 7) >> 3
  const taps = filterHeight * filterWidth
  const panelBytes = <usize>(taps * inputs) << 5
  const packed = scratch
  const biases = packed + <usize>panels * panelBytes
  const frame = biases + (<usize>panels << 5)
  const frameRows = outHeight + filterHeight - 1
  const frameRow = <usize>(outWidth + filterWidth + 2) * pixel
  packFilter(filter, packed, taps, inputs, outputs, turned)
  memory.fill(biases, 0, <usize>panels << 5)
  if (bias) memory.copy(biases, bias, outPixel)
  memory.fill(frame, 0, <usize>frameRows * frameRow)
  // The part of x that the frame shows.
  const rows = min(height, frameRows - top)
  const columns = max(0, min(width, outWidth + filterWidth - 1 - left))
  const tapRow = <usize>(filterWidth * inputs) << 5
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < rows; r++) {
      const to = frame + <usize>(r + top) * frameRow + <usize>left * pixel
      memory.copy(to, x + <usize>((b * height + r) * width) * pixel, <usize>columns * pixel)
    }
    for (let panel = 0; panel < panels; panel++) {
      const count = min(8, outputs - (panel << 3))
      const weights = packed + <usize>panel * panelBytes
      const bias0 = v128.load(biases + (<usize>panel << 5)), bias1 = v128.load(biases + (<usize>panel << 5), 16)
      for (let oh = 0; oh < outHeight; oh++) {
        for (let ow = 0; ow < outWidth; ow += 4) {
          let a0 = bias0, a1 = bias1, b0 = bias0, b1 = bias1, c0 = bias0, c1 = bias1, d0 = bias0, d1 = bias1
          let w = weights
          for (let i = 0; i < filterHeight; i++) {
            let pa = frame + <usize>(oh + i) * frameRow + <usize>ow * pixel
            let pb = pa + pixel
            let pc = pb + pixel
            let pd = pc + pixel
            const end = w + tapRow
            while (w < end) {
              const w0 = v128.load(w), w1 = v128.load(w, 16)
              let v = v128.load32_splat(pa)
              a0 = f32x4.add(a0, f32x4.mul(v, w0))
              a1 = f32x4.add(a1, f32x4.mul(v, w1))
              v = v128.load32_splat(pb)
              b0 = f32x4.add(b0, f32x4.mul(v, w0))
              b1 = f32x4.add(b1, f32x4.mul(v, w1))
              v = v128.load32_splat(pc)
              c0 = f32x4.add(c0, f32x4.mul(v, w0))
              c1 = f32x4.add(c1, f32x4.mul(v, w1))
              v = v128.load32_splat(pd)
              d0 = f32x4.add(d0, f32x4.mul(v, w0))
              d1 = f32x4.add(d1, f32x4.mul(v, w1))
              w += 32
              pa += 4
              pb += 4
              pc += 4
              pd += 4
            }
          }
          const at = y + <usize>((b * outHeight + oh) * outWidth + ow) * outPixel + (<usize>panel << 5)
          const pixels = outWidth - ow
          storeOutputs(at, a0, a1, count)
          if (pixels > 1) storeOutputs(at + outPixel, b0, b1, count)
          if (pixels > 2) storeOutputs(at + 2 * outPixel, c0, c1, count)
          if (pixels > 3) storeOutputs(at + 3 * outPixel, d0, d1, count)
        }
      }
    }
  }
}
