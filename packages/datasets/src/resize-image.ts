import { checkInt, checkOneOf } from '@rectified-flow/core'

/** One image on the host: pixels 0..255, [H,W,C]. */
export interface Pixels {
  data: Uint8Array
  height: number
  width: number
  channels: number
}

/** An image of this side takes 800 MB. */
const MAX_RESOLUTION = 2 ** 14

export type ResizeFilter = 'box' | 'bilinear' | 'bicubic' | 'lanczos'

/** Half-width, and weight at distance x. Units are source pixels; when reducing, the filter is stretched by the factor. */
const filters: Record<ResizeFilter, { support: number; weight: (x: number) => number }> = {
  box: { support: 0.5, weight: x => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: x => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: x => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/** Keys' cubic with a = -1/2. */
function cubic(x: number): number {
  const d = Math.abs(x)
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

/**
 * Crop an image to its centre square and resize the square, with antialiasing. The result is that of Pillow's `resize`, bit
 * for bit, so that `lanczos` prepares data as EDM's dataset tool does with `--transform=center-crop`.
 */
export function cropAndResize(
  image: Pixels,
  resolution: number,
  { filter = 'lanczos' as ResizeFilter } = {},
): Pixels {
  const where = 'datasets.cropAndResize'
  checkInt(where, 'resolution', resolution, 1, MAX_RESOLUTION)
  checkOneOf(where, 'filter', filter, Object.keys(filters) as ResizeFilter[])
  const { data, height, width, channels } = image
  const side = Math.min(height, width)
  const [top, left] = [(height - side) >> 1, (width - side) >> 1]
  const square = new Uint8Array(side * side * channels)
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * channels
    square.set(data.subarray(from, from + side * channels), y * side * channels)
  }
  if (side === resolution) return { data: square, height: side, width: side, channels }
  const taps = tapsOf(side, resolution, filter)
  // Columns first, as in Pillow, because the image is rounded to 8 bits between the two passes.
  const narrow = resample(square, { lines: side, step: channels, lineStep: side * channels }, taps, channels)
  const turned = resample(
    narrow,
    { lines: resolution, step: resolution * channels, lineStep: channels },
    taps,
    channels,
  )
  return { data: transposed(turned, resolution, channels), height: resolution, width: resolution, channels }
}

/** 1.0 in the fixed point of the weights. */
const ONE = 2 ** 22

interface Tap {
  first: number
  weights: Float64Array
}

function tapsOf(from: number, to: number, filter: ResizeFilter): Tap[] {
  const { support, weight } = filters[filter]
  const scale = from / to
  const stretch = Math.max(scale, 1)
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale
    const first = Math.max(0, Math.floor(center - support * stretch + 0.5))
    const last = Math.min(from, Math.floor(center + support * stretch + 0.5))
    const weights = Float64Array.from({ length: last - first }, (_, k) =>
      weight((first + k - center + 0.5) / stretch),
    )
    const sum = weights.reduce((a, b) => a + b, 0)
    // Pillow's fixed point, 22 bits of weight, so that ties round as in Pillow.
    return { first, weights: weights.map(w => Math.trunc((w / sum) * ONE + Math.sign(w) / 2)) }
  })
}

/** Resample every line of an image; the result is [lines,taps,C]. */
function resample(
  data: Uint8Array,
  { lines, step, lineStep }: { lines: number; step: number; lineStep: number },
  taps: readonly Tap[],
  channels: number,
): Uint8Array {
  const out = new Uint8ClampedArray(lines * taps.length * channels)
  let at = 0
  for (let line = 0; line < lines; line++)
    for (const { first, weights } of taps)
      for (let c = 0; c < channels; c++) {
        let sum = ONE / 2
        for (let k = 0; k < weights.length; k++)
          sum += weights[k]! * data[line * lineStep + (first + k) * step + c]!
        out[at++] = Math.floor(sum / ONE)
      }
  return new Uint8Array(out.buffer)
}

/** [S,S,C] with its first two axes exchanged. */
function transposed(data: Uint8Array, size: number, channels: number): Uint8Array {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let c = 0; c < channels; c++)
        out[(y * size + x) * channels + c] = data[(x * size + y) * channels + c]!
  return out
}
