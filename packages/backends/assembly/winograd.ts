import { tile } from './conv2d'
import { inputs6, outputs4 } from './winograd-basis'
import { APART, chunkOf, filterRow, halfFilter, halfWork, positionBytes } from './winograd-filter'

/** Copy four channels of the pixels of a square that are inside the image, and zeros where it is outside. */
@inline
export function copyInside(
  from: usize, row: usize, pixel: usize, top: i32, bottom: i32, left: i32, right: i32, side: i32, to: usize,
): void {
  const zero = f32x4.splat(0)
  const toRow = (<usize>side) << 4
  for (let at = to, end = to + <usize>side * toRow; at < end; at += 32) {
    v128.store(at, zero)
    v128.store(at, zero, 16)
  }
  for (let i = top; i < bottom; i++)
    for (let j = left; j < right; j++)
      v128.store(to + <usize>i * toRow + ((<usize>j) << 4), v128.load(from + <usize>i * row + <usize>j * pixel))
}

/**
 * B^T d B of four channels of the 6x6 pixels of an image from row y and column x on, which may be outside: there are zeros.
 * The 36 positions are `step` apart. scratch: 288 floats
 */
@inline
export function transformInput(
  image: usize, y: i32, x: i32, height: i32, width: i32, row: usize, pixel: usize, scratch: usize, to: usize, step: usize,
): void {
  let from = image + <usize>(y * <i32>row + x * <i32>pixel)
  const half = scratch + 576
  if (y < 0 || x < 0 || y + 6 > height || x + 6 > width) {
    copyInside(from, row, pixel, max(0, -y), min(6, height - y), max(0, -x), min(6, width - x), 6, scratch)
    from = scratch
    row = 96
    pixel = 16
  }
  for (let j: usize = 0; j < 6; j++) inputs6(from + j * pixel, row, half + (j << 4), 96)
  for (let i: usize = 0; i < 6; i++) inputs6(half + 96 * i, 16, to + 6 * i * step, step)
}

/** A^T M A + bias of four channels: the pixels that a tile has in an image. scratch: 160 floats */
@inline
function transformOutput(
  from: usize, step: usize, bias: v128, rows: i32, columns: i32, row: usize, pixel: usize, scratch: usize, to: usize,
): void {
  for (let j: usize = 0; j < 6; j++) outputs4(from + j * step, 6 * step, scratch + (j << 4), 96, f32x4.splat(0))
  if (rows >= 4 && columns >= 4) {
    for (let i: usize = 0; i < 4; i++) outputs4(scratch + 96 * i, 16, to + i * row, pixel, bias)
    return
  }
  let out = scratch + 384
  for (let i: usize = 0; i < 4; i++) outputs4(scratch + 96 * i, 16, out + (i << 6), 16, bias)
  for (let i = 0; i < min(rows, 4); i++, to += row, out += 64)
    for (let j: usize = 0; j < <usize>min(columns, 4); j++) v128.store(to + j * pixel, v128.load(out + (j << 4)))
}

/**
 * y = conv2d(x, filter) + bias for 3x3 filters, stride 1, and multiples of 4 inputs and outputs: F(4x4,3x3)
 * of Lavin and Gray, with 36 products for 16 pixels where conv2d has 144. A unit of work is `unitPanels` panels of 8 outputs for
 * `unitTiles`, a multiple of 4, of all the images' `tiles` of 4x4 pixels. Units are counted over panels, then tiles. The filter is
 * winogradFilter's; if all tiles are one unit's, it is the filter itself, or `turned`, and units transform their part, a row of
 * positions at a time, which stays in the nearest cache. bias may be 0.
 *
 * scratch, for each thread: 36 (unitTiles (inputs + 8 unitPanels) + 32) + unitTiles + 296 floats, and, if all tiles are one
 *   unit's, halfWork + 6 (8 chunkOf + 16)
 */
export function winograd(
  x: usize, filter: usize, turned: bool, bias: usize, y: usize, scratch: usize, scratchStep: usize,
  height: i32, width: i32, inputs: i32, outHeight: i32, outWidth: i32, outputs: i32, top: i32, left: i32,
  tiles: i32, unitTiles: i32, unitPanels: i32, first: i32, last: i32, thread: i32,
): void {
  const pixel = (<usize>inputs) << 2, row = <usize>width * pixel
  const outPixel = (<usize>outputs) << 2, outRow = <usize>outWidth * outPixel
  const panels = (outputs + 7) >> 3, groups = (panels + unitPanels - 1) / unitPanels
  const here = tiles <= unitTiles
  const chunk = chunkOf(inputs, here), position = positionBytes(chunk), chunkBytes = 36 * position
  const panelBytes = <usize>((inputs + chunk - 1) / chunk) * chunkBytes
  const across = (outWidth + 3) >> 2, each = ((outHeight + 3) >> 2) * across
  const zeros = scratch + <usize>thread * scratchStep
  const places = zeros + 32
  const work = places + ((<usize>unitTiles) << 2)
  const inner = work + 1152
  const innerStep = <usize>unitTiles * pixel + APART
  const outer = inner + 36 * innerStep
  const sum = (<usize>unitPanels) << 5, outerStep = <usize>unitTiles * sum + APART
  const filterWork = outer + 36 * outerStep, rowWork = filterWork + ((<usize>halfWork(chunk)) << 2)
  memory.fill(zeros, 0, 32)
  if (here) memory.fill(filterWork, 0, 16)
  for (let t = 0; t < unitTiles; t++) store<u32>(places + ((<usize>t) << 2), <u32>(<usize>t * pixel))
  for (let unit = first; unit < last; unit++) {
    const start = unit / groups * unitTiles
    const count = min(unitTiles, tiles - start)
    const firstPanel = unit % groups * unitPanels
    const used = min(panels - firstPanel, unitPanels)
    // Units that follow each other may have the same tiles.
    for (let t = unit === first || firstPanel === 0 ? 0 : count; t < count; t++) {
      const b = (start + t) / each, place = (start + t) % each
      const image = x + <usize>(b * height) * row
      const h = 4 * (place / across) - top, w = 4 * (place % across) - left
      for (let c: usize = 0; c < pixel; c += 16)
        transformInput(image + c, h, w, height, width, row, pixel, work, inner + <usize>t * pixel + c, innerStep)
    }
    for (let input = 0; input < inputs; input += chunk) {
      const channels = min(chunk, inputs - input)
      const seen = inner + ((<usize>input) << 2)
      for (let panel = 0; panel < used; panel++) {
        let half: usize = 0
        let weights = filter + <usize>(firstPanel + panel) * panelBytes + <usize>(input / chunk) * chunkBytes
        if (here) half = halfFilter(filter, turned, filterWork, inputs, outputs, firstPanel + panel, input, channels, position)
        for (let p: usize = 0; p < 36; p++, weights += position) {
          if (here && p % 6 === 0) {
            weights = rowWork
            filterRow(half, p / 6, channels, position, weights)
          }
          for (let t = 0; t < count; t += 4) {
            const to = outer + p * outerStep + <usize>t * sum + ((<usize>panel) << 5)
            tile(
              seen + p * innerStep, 0, places + ((<usize>t) << 2), input > 0 ? to : zeros, input > 0 ? sum : 0,
              weights, 1, (<usize>channels) << 5, to, sum, 4, 8,
            )
          }
        }
      }
    }
    for (let t = 0; t < count; t++) {
      const b = (start + t) / each, place = (start + t) % each
      const h = 4 * (place / across), w = 4 * (place % across)
      const from = (<usize>firstPanel) << 5
      const to = y + <usize>(b * outHeight + h) * outRow + <usize>w * outPixel + from
      const size = min((<usize>used) << 5, outPixel - from)
      for (let c: usize = 0; c < size; c += 16)
        transformOutput(
          outer + <usize>t * sum + c, outerStep, bias ? v128.load(bias + from + c) : f32x4.splat(0),
          outHeight - h, outWidth - w, outRow, outPixel, work, to + c,
        )
    }
  }
}
