import { outerProducts } from './outer-products'

/** The smallest position whose input index, position * stride + shift, is not negative. */
@inline
function firstInside(shift: i32, stride: i32): i32 {
  return shift >= 0 ? 0 : (stride - 1 - shift) / stride
}

/** One more than the largest position whose input index is below size. */
@inline
function endInside(shift: i32, stride: i32, size: i32): i32 {
  return size > shift ? (size - 1 - shift) / stride + 1 : 0
}

/** dw[i,j,c,o] = sum of x[b, oh strideH + i - top, ow strideW + j - left, c] dy[b,oh,ow,o], NHWC, into zeros. */
export function conv2dBackpropFilter(
  x: usize, dy: usize, dw: usize, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, filterHeight: i32, filterWidth: i32,
  strideHeight: i32, strideWidth: i32, top: i32, left: i32,
): void {
  const pixel = (<usize>inputs) << 2
  const dyPixel = (<usize>outputs) << 2
  // Rows of x and dy that stay in the first cache while all filter positions and channels go over them.
  const block = max(1, 4096 / (width * inputs + outWidth * outputs))
  for (let b = 0; b < batch; b++) {
    for (let start = 0; start < outHeight; start += block) {
      const stop = min(start + block, outHeight)
      for (let i = 0; i < filterHeight; i++) {
        const first = max(start, firstInside(i - top, strideHeight))
        const end = min(stop, endInside(i - top, strideHeight, height))
        if (first >= end) continue
        const y = first * strideHeight + i - top
        for (let j = 0; j < filterWidth; j++) {
          const from = firstInside(j - left, strideWidth)
          const to = min(outWidth, endInside(j - left, strideWidth, width))
          if (from >= to) continue
          outerProducts(
            x + <usize>((b * height + y) * width + from * strideWidth + j - left) * pixel,
            dy + <usize>((b * outHeight + first) * outWidth + from) * dyPixel,
            dw + <usize>((i * filterWidth + j) * inputs) * dyPixel,
            end - first, to - from,
            <usize>(strideHeight * width) * pixel, <usize>strideWidth * pixel, <usize>outWidth * dyPixel,
            inputs, outputs,
          )
        }
      }
    }
  }
}
