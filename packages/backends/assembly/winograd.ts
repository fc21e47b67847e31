import { tile } from './conv2d'
import { filters6, inputs6, outputs4 } from './winograd-basis'

/** A cache line between the 36 positions: at distances of a power of two they would share a few lines of the cache. */
export const APART: usize = 64

/** U = G g G^T of a panel of 3x3 filters that packFilter packed: [8 biases, then position of 36][c][8]. half: 72 floats */
@inline
function transformPanel(from: usize, to: usize, half: usize, inputs: i32): void {
  const step = (<usize>inputs) << 5, position = step + APART
  v128.store(to, v128.load(from))
  v128.store(to, v128.load(from, 16), 16)
  from += 32
  to += 32
  for (const end = from + step; from < end; from += 16, to += 16) {
    for (let j: usize = 0; j < 3; j++) filters6(from + j * step, 3 * step, half + (j << 4), 48)
    for (let i: usize = 0; i < 6; i++) filters6(half + i * 48, 16, to + 6 * i * position, position)
  }
}

/** Panels of packFilter, transformed for winograd. scratch, for each thread: 72 floats */
export function winogradFilter(
  packed: usize, transformed: usize, scratch: usize, scratchStep: usize, inputs: i32, first: i32, last: i32, thread: i32,
): void {
  const from = (<usize>inputs) * 288 + 32, to = (((<usize>inputs) << 5) + APART) * 36 + 32
  for (let panel = first; panel < last; panel++)
    transformPanel(
      packed + <usize>panel * from, transformed + <usize>panel * to, scratch + <usize>thread * scratchStep, inputs,
    )
}

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
 * of Lavin and Gray, with 36 products for 16 pixels where conv2d has 144. A unit of work is `unitPanels` panels of outputs for
 * `unitTiles`, a multiple of 4, of all the images' `tiles` of 4x4 pixels. Units are counted over panels, then tiles. The filter is
 * winogradFilter's; if all tiles are one unit's, it is packFilter's, which stays in the cache when a unit transforms it.
 *
 * scratch, for each thread: 36 (unitTiles (inputs + 8 unitPanels) + 32) + unitTiles + 296 floats, and, if all tiles are one
 *   unit's, 288 inputs + 584 floats
 */
export function winograd(
  x: usize, filter: usize, y: usize, scratch: usize, scratchStep: usize, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, top: i32, left: i32, tiles: i32, unitTiles: i32, unitPanels: i32,
  first: i32, last: i32, thread: i32,
): void {
  const pixel = (<usize>inputs) << 2, row = <usize>width * pixel
  const outPixel = (<usize>outputs) << 2, outRow = <usize>outWidth * outPixel
  const panels = (outputs + 7) >> 3, groups = (panels + unitPanels - 1) / unitPanels
  const weights = (<usize>inputs) << 5, position = weights + APART
  const here = tiles <= unitTiles
  const panelBytes = here ? weights * 9 + 32 : position * 36 + 32
  const across = (outWidth + 3) >> 2, each = ((outHeight + 3) >> 2) * across
  const zeros = scratch + <usize>thread * scratchStep
  const places = zeros + 32
  const work = places + ((<usize>unitTiles) << 2)
  const inner = work + 1152
  const innerStep = <usize>unitTiles * pixel + APART
  const outer = inner + 36 * innerStep
  const sum = (<usize>unitPanels) << 5, outerStep = <usize>unitTiles * sum + APART
  const transformed = outer + 36 * outerStep
  memory.fill(zeros, 0, 32)
  for (let t = 0; t < unitTiles; t++) store<u32>(places + ((<usize>t) << 2), <u32>(<usize>t * pixel))
  for (let unit = first; unit < last; unit++) {
    const start = unit / groups * unitTiles
    const count = min(unitTiles, tiles - start)
    const firstPanel = unit % groups * unitPanels
    const unitFilter = filter + <usize>firstPanel * panelBytes
    const used = min(panels - firstPanel, unitPanels)
    // Units that follow each other may have the same tiles.
    for (let t = unit === first || firstPanel === 0 ? 0 : count; t < count; t++) {
      const b = (start + t) / each, place = (start + t) % each
      const image = x + <usize>(b * height) * row
      const h = 4 * (place / across) - top, w = 4 * (place % across) - left
      for (let c: usize = 0; c < pixel; c += 16)
        transformInput(image + c, h, w, height, width, row, pixel, work, inner + <usize>t * pixel + c, innerStep)
    }
    // Either all panels at a position, or all positions of a panel.
    const rounds = here ? used : 1
    for (let round = 0; round < rounds; round++) {
      if (here) transformPanel(unitFilter + <usize>round * panelBytes, transformed, work, inputs)
      const end = here ? round + 1 : used
      for (let p: usize = 0; p < 36; p++)
        for (let panel = round; panel < end; panel++) {
          const at = (here ? transformed : unitFilter + <usize>panel * panelBytes) + p * position + 32
          for (let t = 0; t < count; t += 4)
            tile(
              inner + p * innerStep, 0, places + ((<usize>t) << 2), zeros, at, 1, weights,
              outer + p * outerStep + <usize>t * sum + ((<usize>panel) << 5), sum, 4, 8,
            )
        }
    }
    for (let t = 0; t < count; t++) {
      const b = (start + t) / each, place = (start + t) % each
      const h = 4 * (place / across), w = 4 * (place % across)
      const to = y + <usize>(b * outHeight + h) * outRow + <usize>w * outPixel + ((<usize>firstPanel) << 5)
      const size = min((<usize>used) << 5, outPixel - ((<usize>firstPanel) << 5))
      for (let c: usize = 0; c < size; c += 16)
        transformOutput(
          outer + <usize>t * sum + c, outerStep, v128.load(unitFilter + (c >> 5) * panelBytes + (c & 16)),
          outHeight - h, outWidth - w, outRow, outPixel, work, to + c,
        )
    }
  }
}
