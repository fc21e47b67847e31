/** The tools' ways to resize an image to the size that the Inception takes. */
export type ResizeMode = 'clean' | 'legacy_tensorflow' | 'legacy_pytorch'

export const resizeModes = ['clean', 'legacy_tensorflow', 'legacy_pytorch'] as const

/**
 * One axis of a resize as a matrix [to,from]: output = matrix · input.
 *
 *   clean              Pillow's bicubic (a = -1/2), widened by the scale when it shrinks, so without aliasing
 *   legacy_tensorflow  TensorFlow 1's bilinear: pixel i reads at i·from/to
 *   legacy_pytorch     PyTorch's bilinear with align_corners=False: pixel i reads at (i + 1/2)·from/to - 1/2
 *
 * @see Parmar, Zhang, Zhu, On Aliased Resizing and Surprising Subtleties in GAN Evaluation, arXiv 2104.11222
 */
export function resizeWeights(mode: ResizeMode, from: number, to: number): Float32Array {
  const weights = new Float64Array(to * from)
  const scale = from / to
  for (let i = 0; i < to; i++) {
    const row = weights.subarray(i * from, (i + 1) * from)
    if (mode === 'clean') bicubic(row, (i + 0.5) * scale, Math.max(scale, 1))
    else
      bilinear(row, mode === 'legacy_pytorch' ? Math.max(0, single(scale, i + 0.5) - 0.5) : single(scale, i))
  }
  return Float32Array.from(weights)
}

/** Both tools compute positions in float32. Far from the first pixel, this changes a result by some 1e-3. */
function single(scale: number, i: number): number {
  return Math.fround(Math.fround(scale) * i)
}

function bilinear(row: Float64Array, at: number): void {
  const low = Math.min(Math.floor(at), row.length - 1)
  const high = Math.min(low + 1, row.length - 1)
  row[low]! += 1 - (at - low)
  row[high]! += at - low
}

/** Pillow's taps: the pixels within two (widened) pixels of the centre, with weights that sum to 1. */
function bicubic(row: Float64Array, centre: number, width: number): void {
  const first = Math.max(0, Math.floor(centre - 2 * width + 0.5))
  const end = Math.min(row.length, Math.floor(centre + 2 * width + 0.5))
  let total = 0
  for (let x = first; x < end; x++) {
    row[x] = cubic(Math.abs((x - centre + 0.5) / width), -0.5)
    total += row[x]!
  }
  for (let x = first; x < end; x++) row[x]! /= total
}

/** Keys's cubic convolution kernel at x >= 0. Pillow's a is -1/2, PyTorch's -3/4. */
export function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
}
