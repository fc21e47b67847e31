import type { Affine } from './affine.js'

/** Lobes of the windowed sinc. */
const LOBES = 3

/**
 * Pixels [H,W,C] moved by an affine map, with a Lanczos filter. Along each axis, the filter is as many times wider as the
 * map shrinks the image. Beyond its first and last pixels the image is mirrored.
 *
 * @param source  maps a pixel's place to the place it comes from, both measured from the image's centre
 * @param exact   every pixel comes exactly from one pixel: copy it, without a filter
 */
export function warp(
  pixels: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  source: Affine,
  exact: boolean,
): Float32Array {
  const [a, b, c, d, e, f] = source
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2]
  const out = new Float32Array(pixels.length)
  const columns = taps(Math.hypot(a, b))
  const rows = taps(Math.hypot(d, e))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const sourceX = a * (x - middleX) + b * (y - middleY) + c + middleX
      const sourceY = d * (x - middleX) + e * (y - middleY) + f + middleY
      const to = (y * width + x) * channels
      if (exact) {
        const from = mirror(Math.round(sourceY), height) * width + mirror(Math.round(sourceX), width)
        for (let k = 0; k < channels; k++) out[to + k] = pixels[from * channels + k]!
        continue
      }
      const [left, top] = [columns.at(sourceX), rows.at(sourceY)]
      for (let j = 0; j < rows.count; j++) {
        const row = mirror(top + j, height) * width
        for (let i = 0; i < columns.count; i++) {
          const weight = rows.weights[j]! * columns.weights[i]!
          const from = (row + mirror(left + i, width)) * channels
          for (let k = 0; k < channels; k++) out[to + k] = out[to + k]! + weight * pixels[from + k]!
        }
      }
    }
  return out
}

/** A filter for steps of this size. `at` sets the weights around a position (of sum 1) and returns their first index. */
function taps(step: number) {
  const stretch = Math.max(1, step)
  const count = 2 * Math.ceil(LOBES * stretch)
  const weights = new Float64Array(count)
  return {
    count,
    weights,
    at(position: number): number {
      const first = Math.floor(position) - count / 2 + 1
      let sum = 0
      for (let i = 0; i < count; i++) {
        const weight = lanczos((first + i - position) / stretch)
        weights[i] = weight
        sum += weight
      }
      for (let i = 0; i < count; i++) weights[i] = weights[i]! / sum
      return first
    },
  }
}

function lanczos(x: number): number {
  if (Math.abs(x) < 1e-9) return 1
  if (Math.abs(x) >= LOBES) return 0
  const angle = Math.PI * x
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / angle ** 2
}

/** The index in [0, length) to which mirroring at the first and the last pixel takes an index. */
function mirror(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const i = ((index % period) + period) % period
  return i < length ? i : period - i
}
