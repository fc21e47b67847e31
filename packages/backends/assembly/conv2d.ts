import { addSkip } from './skip'
import { TOGETHER, tile } from './tile'

/** Copy what a band of output rows sees of an image, from its row `y` on, into a frame with zeros around it. */
export function fillFrame(
  image: usize, frame: usize, y: i32, height: i32, width: i32, pixel: usize, rows: i32, columns: i32, left: i32,
): void {
  const row = <usize>columns * pixel
  const before = <usize>left * pixel
  const copied = <usize>max(0, min(width, columns - left)) * pixel
  for (let r = 0; r < rows; r++, y++, frame += row) {
    if (y < 0 || y >= height) {
      memory.fill(frame, 0, row)
      continue
    }
    memory.fill(frame, 0, before)
    memory.copy(frame + before, image + <usize>(y * width) * pixel, copied)
    memory.fill(frame + before + copied, 0, row - before - copied)
  }
}

/**
 * y = (conv2d(x, filter) + bias + skip) scale, NHWC, any filter, stride and padding, with the filters of packFilter, which have the
 * biases; skip may be 0, and then there is no scale. What a band of output rows sees is copied into a frame first, so that a filter's row of it lies in one piece; without padding it does
 * in x. Bands, the units of work, are counted over the images. packedStep: bytes from one image's filter to the next's, 0
 * where they share one. A matrix product is a convolution by one pixel of an image that is one pixel wide.
 *
 * scratch, for each thread: bandRows outWidth + 8 numbers, and
 *   ((bandRows - 1) strideHeight + filterHeight) ((outWidth - 1) strideWidth + filterWidth) inputs where there is padding
 */
export function conv2d(
  x: usize, packed: usize, packedStep: usize, skip: usize, scale: f32, y: usize, scratch: usize, scratchStep: usize,
  height: i32, width: i32, inputs: i32, outHeight: i32, outWidth: i32, outputs: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, top: i32, left: i32, bandRows: i32,
  first: i32, last: i32, thread: i32,
): void {
  const pixel = (<usize>inputs) << 2
  const outPixel = (<usize>outputs) << 2
  const panels = (outputs + 7) >> 3
  const panelBytes = <usize>(filterHeight * filterWidth * inputs + 1) << 5
  const rowBytes = <usize>(filterWidth * inputs) << 5
  const bands = (outHeight + bandRows - 1) / bandRows
  const seenColumns = (outWidth - 1) * strideWidth + filterWidth
  const inside = top === 0 && left === 0 && seenColumns <= width &&
    (outHeight - 1) * strideHeight + filterHeight <= height
  const seenRow = <usize>(inside ? width : seenColumns) * pixel
  const places = scratch + <usize>thread * scratchStep
  const frame = places + <usize>(((bandRows * outWidth + 11) << 2) & ~15)
  let placed = 0
  for (let unit = first; unit < last; unit++) {
    const b = unit / bands
    const start = (unit % bands) * bandRows
    const rows = min(bandRows, outHeight - start)
    const pixels = rows * outWidth
    if (pixels !== placed) {
      placed = pixels
      let place: usize = 0
      for (let p = 0; p < pixels + 3; p++) {
        if (p < pixels) place = <usize>(p / outWidth * strideHeight) * seenRow + <usize>(p % outWidth * strideWidth) * pixel
        store<u32>(places + ((<usize>p) << 2), <u32>place)
      }
    }
    const image = x + <usize>(b * height * width) * pixel
    const above = start * strideHeight - top
    let seen = frame
    if (inside) seen = image + <usize>(above * width) * pixel
    else fillFrame(image, frame, above, height, width, pixel, (rows - 1) * strideHeight + filterHeight, seenColumns, left)
    const out = y + <usize>((b * outHeight + start) * outWidth) * outPixel
    for (let panel = 0; panel < panels; panel += TOGETHER) {
      const together = min(TOGETHER, panels - panel)
      const count = min(8 * together, outputs - (panel << 3))
      const weights = packed + <usize>b * packedStep + <usize>panel * panelBytes
      for (let p = 0; p < pixels; p += 4)
        tile(
          seen, seenRow, places + ((<usize>p) << 2), weights, 0, panelBytes, weights + 32, panelBytes, filterHeight, rowBytes,
          out + <usize>p * outPixel + ((<usize>panel) << 5), outPixel, pixels - p, count, together,
        )
    }
    if (skip) addSkip(out, skip + (out - y), <usize>pixels * outPixel, scale)
  }
}
