import { addSkip } from './skip'
import { TOGETHER, tile } from './tile'
import { FACTORS, inputs6, outputs4, setFactors, sizeOf, storeBoth, upper } from './winograd-basis'
import { APART, chunkOf, filterRow, halfFilter, halfOf, halfWork, positionBytes } from './winograd-filter'

/** Copy four or eight channels of the pixels of a square that are inside the image, and zeros where it is outside. */
@inline
export function copyInside(
  from: usize, row: usize, pixel: usize, top: i32, bottom: i32, left: i32, right: i32, side: i32, to: usize, eight: bool,
): void {
  const zero = f32x4.splat(0)
  const toPixel = sizeOf(eight), toRow = <usize>side * toPixel
  for (let at = to, end = to + <usize>side * toRow; at < end; at += 32) storeBoth(at, zero, zero, true)
  for (let i = top; i < bottom; i++)
    for (let j = left; j < right; j++) {
      const pixelFrom = from + <usize>i * row + <usize>j * pixel
      storeBoth(to + <usize>i * toRow + <usize>j * toPixel, v128.load(pixelFrom), upper(pixelFrom, eight), eight)
    }
}

/**
 * B^T d B of four or eight channels of the 6x6 pixels of an image from row y and column x on, which may be outside: there are
 * zeros. The 36 positions are `step` apart. scratch: 576 floats
 */
@inline
export function transformInput(
  t: usize, image: usize, y: i32, x: i32, height: i32, width: i32, row: usize, pixel: usize, scratch: usize, to: usize,
  step: usize, eight: bool,
): void {
  let from = image + <usize>(y * <i32>row + x * <i32>pixel)
  const size = sizeOf(eight), half = scratch + 36 * size
  if (y < 0 || x < 0 || y + 6 > height || x + 6 > width) {
    copyInside(from, row, pixel, max(0, -y), min(6, height - y), max(0, -x), min(6, width - x), 6, scratch, eight)
    from = scratch
    row = 6 * size
    pixel = size
  }
  for (let j: usize = 0; j < 6; j++) inputs6(t, from + j * pixel, row, half + j * size, 6 * size, eight)
  for (let i: usize = 0; i < 6; i++) inputs6(t, half + 6 * i * size, size, to + 6 * i * step, step, eight)
}

/** A^T M A + bias of four or eight channels: the pixels that a tile has in an image. bias may be 0. scratch: 320 floats */
@inline
function transformOutput(
  t: usize, from: usize, step: usize, bias: usize, rows: i32, columns: i32, row: usize, pixel: usize, scratch: usize, to: usize,
  eight: bool,
): void {
  const size = sizeOf(eight), zero = f32x4.splat(0)
  const low = bias ? v128.load(bias) : zero, high = eight && bias ? v128.load(bias, 16) : zero
  for (let j: usize = 0; j < 6; j++) outputs4(t, from + j * step, 6 * step, scratch + j * size, 6 * size, zero, zero, eight)
  if (rows >= 4 && columns >= 4) {
    for (let i: usize = 0; i < 4; i++) outputs4(t, scratch + 6 * i * size, size, to + i * row, pixel, low, high, eight)
    return
  }
  let out = scratch + 24 * size
  for (let i: usize = 0; i < 4; i++) outputs4(t, scratch + 6 * i * size, size, out + 4 * i * size, size, low, high, eight)
  for (let i = 0; i < min(rows, 4); i++, to += row, out += 4 * size)
    for (let j: usize = 0; j < <usize>min(columns, 4); j++) {
      const at = out + j * size
      storeBoth(to + j * pixel, v128.load(at), upper(at, eight), eight)
    }
}

/**
 * y = (conv2d(x, filter) + bias + skip) scale for 3x3 filters, stride 1, and multiples of 4 inputs and outputs: F(4x4,3x3)
 * of Lavin and Gray, with 36 products for 16 pixels where conv2d has 144. A unit of work is `unitPanels` panels of 8 outputs for
 * `unitTiles`, a multiple of 4, of all the images' `tiles` of 4x4 pixels. Units are counted over panels, then tiles. The filter is
 * winogradFilter's; if all tiles are one unit's, it is the filter itself, or `turned`, and units transform their part, a row of
 * positions at a time, which stays in the nearest cache. bias may be 0; skip may be 0, and then there is no scale.
 *
 * scratch, for each thread: 36 (unitTiles (inputs + 8 unitPanels) + 32) + unitTiles + 600 floats, and, if all tiles are one
 *   unit's, 2 (halfWork + 6 (8 chunkOf + 16))
 */
export function winograd(
  x: usize, filter: usize, turned: bool, bias: usize, skip: usize, scale: f32, y: usize, scratch: usize, scratchStep: usize,
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
  const factors = zeros + 32, places = factors + (FACTORS << 2)
  const work = places + ((<usize>unitTiles) << 2)
  const inner = work + 2304
  const innerStep = <usize>unitTiles * pixel + APART
  const outer = inner + 36 * innerStep
  const sum = (<usize>unitPanels) << 5, outerStep = <usize>unitTiles * sum + APART
  const halfBytes = (<usize>halfWork(chunk)) << 2, rowBytes = 6 * position
  const filterWork = outer + 36 * outerStep, rowWork = filterWork + TOGETHER * halfBytes
  memory.fill(zeros, 0, 32)
  setFactors(factors)
  if (here) for (let i = 0; i < TOGETHER; i++) memory.fill(filterWork + <usize>i * halfBytes, 0, 16)
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
      const to = inner + <usize>t * pixel
      let c: usize = 0
      for (; WIDE && c + 32 <= pixel; c += 32)
        transformInput(factors, image + c, h, w, height, width, row, pixel, work, to + c, innerStep, true)
      for (; c < pixel; c += 16)
        transformInput(factors, image + c, h, w, height, width, row, pixel, work, to + c, innerStep, false)
    }
    for (let input = 0; input < inputs; input += chunk) {
      const channels = min(chunk, inputs - input)
      const seen = inner + ((<usize>input) << 2)
      for (let panel = 0; panel < used; panel += TOGETHER) {
        const together = min(TOGETHER, used - panel)
        let weights = filter + <usize>(firstPanel + panel) * panelBytes + <usize>(input / chunk) * chunkBytes
        let weightsPanel = panelBytes
        if (here)
          for (let i = 0; i < together; i++)
            halfFilter(
              factors, filter, turned, filterWork + <usize>i * halfBytes, inputs, outputs, firstPanel + panel + i, input, channels,
              position,
            )
        for (let p: usize = 0; p < 36; p++, weights += position) {
          if (here && p % 6 === 0) {
            weights = rowWork
            weightsPanel = rowBytes
            for (let i: usize = 0; i < <usize>together; i++)
              filterRow(factors, halfOf(filterWork + i * halfBytes, channels), p / 6, channels, position, rowWork + i * rowBytes)
          }
          for (let t = 0; t < count; t += 4) {
            const to = outer + p * outerStep + <usize>t * sum + ((<usize>panel) << 5)
            tile(
              seen + p * innerStep, 0, places + ((<usize>t) << 2), input > 0 ? to : zeros, input > 0 ? sum : 0,
              input > 0 ? 32 : 0, weights, weightsPanel, 1, (<usize>channels) << 5, to, sum, 4, 8 * together, together,
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
      const summed = outer + <usize>t * sum, added = bias + from, rows = outHeight - h, columns = outWidth - w
      let c: usize = 0
      for (; WIDE && c + 32 <= size; c += 32)
        transformOutput(factors, summed + c, outerStep, bias ? added + c : 0, rows, columns, outRow, outPixel, work, to + c, true)
      for (; c < size; c += 16)
        transformOutput(factors, summed + c, outerStep, bias ? added + c : 0, rows, columns, outRow, outPixel, work, to + c, false)
      if (skip)
        for (let i = 0; i < min(rows, 4); i++)
          for (let j = 0, at = to + <usize>i * outRow; j < min(columns, 4); j++, at += outPixel)
            addSkip(at, skip + (at - y), size, scale)
    }
  }
}
