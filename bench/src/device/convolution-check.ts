import type { Rng } from '@rectified-flow/core'
import type { ConvolutionShape } from './convolution-shapes.js'

export const PASSES = ['forward', 'input gradient', 'filter gradient'] as const
export type Pass = (typeof PASSES)[number]

/** Numbers of a convolution: x and dy NHWC, w [h,w,I,O]. */
export interface ConvolutionNumbers {
  x: Float32Array
  w: Float32Array
  dy: Float32Array
}

/**
 * The largest error of some of the results, as a share of the largest of their reference numbers, which are computed in
 * float64.
 *
 * @param actual  all results of the pass: y [B,side,side,O], dx [B,side,side,I] or dw [f,f,I,O]
 */
export function convolutionError(
  pass: Pass,
  shape: ConvolutionShape & { batch: number },
  numbers: ConvolutionNumbers,
  actual: Float32Array,
  { rng, samples }: { rng: Rng; samples: number },
): number {
  const reference = references[pass](shape, numbers)
  let [worst, largest] = [0, 0]
  for (const index of rng.integers(samples, actual.length)) {
    const expected = reference(index)
    const apart = Math.abs(actual[index]! - expected)
    if (Number.isNaN(apart)) return Number.POSITIVE_INFINITY
    worst = Math.max(worst, apart)
    largest = Math.max(largest, Math.abs(expected))
  }
  return worst / largest
}

type Reference = (
  shape: ConvolutionShape & { batch: number },
  numbers: ConvolutionNumbers,
) => (index: number) => number

const references: Record<Pass, Reference> = {
  forward:
    ({ side, filter, input, out }, { x, w }) =>
    index => {
      const [b, i, j, o] = split(index, [side, side, out])
      let sum = 0
      forEachTap(filter, (r, s, up, left) => {
        const [row, column] = [i + up, j + left]
        if (!inside(row, column, side)) return
        const [xAt, wAt] = [((b * side + row) * side + column) * input, (r * filter + s) * input * out + o]
        for (let c = 0; c < input; c++) sum += x[xAt + c]! * w[wAt + c * out]!
      })
      return sum
    },
  'input gradient':
    ({ side, filter, input, out }, { w, dy }) =>
    index => {
      const [b, i, j, c] = split(index, [side, side, input])
      let sum = 0
      forEachTap(filter, (r, s, up, left) => {
        const [row, column] = [i - up, j - left]
        if (!inside(row, column, side)) return
        const [dyAt, wAt] = [((b * side + row) * side + column) * out, ((r * filter + s) * input + c) * out]
        for (let o = 0; o < out; o++) sum += dy[dyAt + o]! * w[wAt + o]!
      })
      return sum
    },
  'filter gradient':
    ({ batch, side, filter, input, out }, { x, dy }) =>
    index => {
      const [r, s, c, o] = split(index, [filter, input, out])
      const [up, left] = [r - (filter >> 1), s - (filter >> 1)]
      let sum = 0
      for (let b = 0; b < batch; b++)
        for (let i = Math.max(0, -up); i < Math.min(side, side - up); i++)
          for (let j = Math.max(0, -left); j < Math.min(side, side - left); j++) {
            const [at, from] = [(b * side + i) * side + j, (b * side + i + up) * side + j + left]
            sum += x[from * input + c]! * dy[at * out + o]!
          }
      return sum
    },
}

/** The four indices of a number of a tensor whose last three axes have these sizes. */
function split(index: number, [a, b, c]: [number, number, number]): [number, number, number, number] {
  const [ab, abc] = [Math.floor(index / c), index % c]
  const [first, second] = [Math.floor(ab / b), ab % b]
  return [Math.floor(first / a), first % a, second, abc]
}

/** Call for each tap (r, s) of a filter, with its distance from the centre. */
function forEachTap(filter: number, call: (r: number, s: number, up: number, left: number) => void): void {
  const half = filter >> 1
  for (let r = 0; r < filter; r++) for (let s = 0; s < filter; s++) call(r, s, r - half, s - half)
}

const inside = (row: number, column: number, side: number) =>
  row >= 0 && row < side && column >= 0 && column < side
