import { copyInside, transformInput } from './winograd'
import { FACTORS, filters3, gradients6, setFactors, sizeOf } from './winograd-basis'

/** A dy A^T of four or eight channels of the 4x4 pixels from row y and column x on; outside the image there are zeros. */
@inline
function transformGradient(
  t: usize, image: usize, y: i32, x: i32, height: i32, width: i32, row: usize, pixel: usize, scratch: usize, to: usize,
  step: usize, eight: bool,
): void {
  let from = image + <usize>y * row + <usize>x * pixel
  const size = sizeOf(eight), half = scratch + 36 * size
  if (y + 4 > height || x + 4 > width) {
    copyInside(from, row, pixel, 0, min(4, height - y), 0, min(4, width - x), 4, scratch, eight)
    from = scratch
    row = 4 * size
    pixel = size
  }
  for (let j: usize = 0; j < 4; j++) gradients6(t, from + j * pixel, row, half + j * size, 4 * size, eight)
  for (let i: usize = 0; i < 6; i++) gradients6(t, half + 4 * i * size, size, to + 6 * i * step, step, eight)
}

/**
 * The transposed F(4x4,3x3) of `tiles` tiles of 4x4 pixels, from number `start` on, which are the units of work: B^T x B in
 * panels [position of 36][panel of 8 inputs][tile][8], and A dy A^T in panels [position][panel of 8 outputs][tile][8]. The
 * positions are xStep and dyStep bytes apart. Inputs and outputs are multiples of 4.
 *
 * scratch, for each thread: FACTORS + 576 floats
 */
export function winogradGradientTiles(
  x: usize, dy: usize, xs: usize, xStep: usize, dys: usize, dyStep: usize, scratch: usize, scratchStep: usize,
  height: i32, width: i32, inputs: i32, outHeight: i32, outWidth: i32, outputs: i32, top: i32, left: i32, start: i32, tiles: i32,
  first: i32, last: i32, thread: i32,
): void {
  const pixel = (<usize>inputs) << 2, row = <usize>width * pixel
  const dyPixel = (<usize>outputs) << 2, dyRow = <usize>outWidth * dyPixel
  const across = (outWidth + 3) >> 2, each = ((outHeight + 3) >> 2) * across
  const panel = (<usize>tiles) << 5
  const factors = scratch + <usize>thread * scratchStep, work = factors + (FACTORS << 2)
  setFactors(factors)
  for (let t = first; t < last; t++) {
    const b = (start + t) / each, place = (start + t) % each
    const h = 4 * (place / across), w = 4 * (place % across)
    const image = x + <usize>(b * height) * row
    let to = xs + ((<usize>t) << 5)
    let c: usize = 0
    for (; WIDE && c + 32 <= pixel; c += 32)
      transformInput(
        factors, image + c, h - top, w - left, height, width, row, pixel, work, to + (c >> 5) * panel, xStep, true,
      )
    for (; c < pixel; c += 16)
      transformInput(
        factors, image + c, h - top, w - left, height, width, row, pixel, work, to + (c >> 5) * panel + (c & 16), xStep, false,
      )
    const dyImage = dy + <usize>(b * outHeight) * dyRow
    to = dys + ((<usize>t) << 5)
    c = 0
    for (; WIDE && c + 32 <= dyPixel; c += 32)
      transformGradient(
        factors, dyImage + c, h, w, outHeight, outWidth, dyRow, dyPixel, work, to + (c >> 5) * panel, dyStep, true,
      )
    for (; c < dyPixel; c += 16)
      transformGradient(
        factors, dyImage + c, h, w, outHeight, outWidth, dyRow, dyPixel, work, to + (c >> 5) * panel + (c & 16), dyStep, false,
      )
  }
}

/** G^T m G of four or eight outputs. scratch: 144 floats */
@inline
function filterGradient(t: usize, from: usize, to: usize, step: usize, scratch: usize, eight: bool): void {
  const size = sizeOf(eight)
  for (let j: usize = 0; j < 6; j++) filters3(t, from + j * step, 6 * step, scratch + j * size, 6 * size, eight)
  for (let i: usize = 0; i < 3; i++) filters3(t, scratch + 6 * i * size, size, to + 3 * i * step, step, eight)
}

/**
 * dw [3,3,I,O] = G^T sums G, with sums [position of 36][I][O] by panelProducts. Inputs are the units of work.
 * scratch, for each thread: FACTORS + 144 floats
 */
export function winogradGradientFilter(
  sums: usize, dw: usize, scratch: usize, scratchStep: usize, inputs: i32, outputs: i32, first: i32, last: i32, thread: i32,
): void {
  const row = (<usize>outputs) << 2, step = <usize>inputs * row
  const factors = scratch + <usize>thread * scratchStep, half = factors + (FACTORS << 2)
  setFactors(factors)
  for (let input = first; input < last; input++) {
    const from = sums + <usize>input * row, to = dw + <usize>input * row
    let o: usize = 0
    for (; WIDE && o + 32 <= row; o += 32) filterGradient(factors, from + o, to + o, step, half, true)
    for (; o < row; o += 16) filterGradient(factors, from + o, to + o, step, half, false)
  }
}
