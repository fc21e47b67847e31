import { addOuterProducts } from './outer-products'
import { TOGETHER } from './tile'

/** Copy `lanes` (at most 4) of each of `count` pixels of x into vectors. */
@inline
function gather4(x: usize, pixel: usize, to: usize, count: i32, lanes: i32): void {
  for (let i = 0; i < count; i++) {
    if (lanes === 4) {
      v128.store(to, v128.load(x))
    } else {
      v128.store(to, v128.load32_zero(x))
      if (lanes > 1) store<f32>(to, load<f32>(x, 4), 4)
      if (lanes > 2) store<f32>(to, load<f32>(x, 8), 8)
    }
    x += pixel
    to += 16
  }
}

/** The same for 8, two vectors. */
@inline
function gather8(x: usize, pixel: usize, to: usize, count: i32, lanes: i32): void {
  for (let i = 0; i < count; i++) {
    if (lanes === 8) {
      v128.store(to, v128.load(x))
      v128.store(to, v128.load(x, 16), 16)
    } else {
      v128.store(to, f32x4.splat(0))
      v128.store(to, f32x4.splat(0), 16)
      for (let o: usize = 0; o < <usize>lanes; o++) store<f32>(to + (o << 2), load<f32>(x + (o << 2)))
    }
    x += pixel
    to += 32
  }
}

/**
 * The gradient of conv2d with respect to its filter:
 *
 *   dw[i,j,c,o] = sum of x[b, oh strideHeight + i - top, ow strideWidth + j - left, c] dy[b,oh,ow,o], NHWC
 *
 * Units of work are blocks of 4 inputs at one filter position, counted over positions, then blocks. What a band of rows needs
 * of x and dy is copied into panels of 4 and 8 channels, over which sums of outer products stay in registers.
 *
 * scratch, for each thread: bandRows outWidth outputs, the latter rounded up to a multiple of 8, and for each block of inputs
 *   4 ((bandRows - 1) strideHeight + filterHeight) ((outWidth - 1) strideWidth + filterWidth) floats
 */
export function conv2dBackpropFilter(
  x: usize, dy: usize, dw: usize, scratch: usize, scratchStep: usize, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, filterHeight: i32, filterWidth: i32,
  strideHeight: i32, strideWidth: i32, top: i32, left: i32, bandRows: i32, first: i32, last: i32, thread: i32,
): void {
  const pixel = (<usize>inputs) << 2
  const dyPixel = (<usize>outputs) << 2
  const taps = filterHeight * filterWidth
  const panels = (outputs + 7) >> 3
  const firstBlock = first / taps, lastBlock = (last - 1) / taps
  const seenColumns = (outWidth - 1) * strideWidth + filterWidth
  const seenRow = (<usize>seenColumns) << 4
  const xPanel = <usize>((bandRows - 1) * strideHeight + filterHeight) * seenRow
  const dyPanel = <usize>(bandRows * outWidth) << 5
  const dys = scratch + <usize>thread * scratchStep, xs = dys + <usize>panels * dyPanel
  const columns = max(0, min(width, seenColumns - left))
  const before = (<usize>left) << 4, copied = (<usize>columns) << 4
  const xColumn = (<usize>strideWidth) << 4
  for (let b = 0; b < batch; b++) {
    for (let start = 0; start < outHeight; start += bandRows) {
      const rows = min(bandRows, outHeight - start)
      for (let block = firstBlock; block <= lastBlock; block++) {
        const lanes = min(4, inputs - (block << 2))
        let to = xs + <usize>(block - firstBlock) * xPanel
        for (let r = 0; r < (rows - 1) * strideHeight + filterHeight; r++, to += seenRow) {
          const y = start * strideHeight + r - top
          if (y < 0 || y >= height) {
            memory.fill(to, 0, seenRow)
            continue
          }
          memory.fill(to, 0, before)
          gather4(x + <usize>((b * height + y) * width) * pixel + ((<usize>block) << 4), pixel, to + before, columns, lanes)
          memory.fill(to + before + copied, 0, seenRow - before - copied)
        }
      }
      const dyBand = dy + <usize>((b * outHeight + start) * outWidth) * dyPixel
      for (let panel = 0; panel < panels; panel++)
        gather8(
          dyBand + ((<usize>panel) << 5), dyPixel, dys + <usize>panel * dyPanel, rows * outWidth, min(8, outputs - (panel << 3)),
        )
      // One run where the rows of both follow each other.
      const joined = filterWidth === 1 && strideWidth === 1 && strideHeight === 1
      const runs = joined ? 1 : rows
      const run = (<usize>(joined ? rows * outWidth : outWidth)) << 5
      for (let unit = first; unit < last; unit++) {
        const block = unit / taps, tap = unit % taps
        const lanes = min(4, inputs - (block << 2))
        const seen = xs + <usize>(block - firstBlock) * xPanel + <usize>(tap / filterWidth) * seenRow +
          ((<usize>(tap % filterWidth)) << 4)
        const dwRows = dw + <usize>(tap * inputs + (block << 2)) * dyPixel
        if (b === 0 && start === 0) memory.fill(dwRows, 0, <usize>lanes * dyPixel)
        for (let panel = 0; panel < panels; panel += TOGETHER) {
          const together = min(TOGETHER, panels - panel), count = min(8 * together, outputs - (panel << 3))
          addOuterProducts(
            seen, xColumn, <usize>strideHeight * seenRow, dys + <usize>panel * dyPanel, dyPanel, runs, run,
            dwRows + ((<usize>panel) << 5), dyPixel, lanes, count, together,
          )
        }
      }
    }
  }
}
