import * as tf from '@tensorflow/tfjs-core'
import { cubic } from '../resize/resize-weights.js'

/** DINOv2 scales by (to + 0.1) / from, so that no rounding makes PyTorch lose a row. This moves every position it reads. */
const OFFSET = 0.1

/**
 * Positions of a grid of patches for another grid, as DINOv2's code does it: bicubic (a = -3/4) without widening, pixel i reads at
 * (i + 1/2) from / (to + 0.1) - 1/2, and beyond an edge it reads the edge.
 *
 * @param positions  [from·from,width], row by row
 * @returns          [to·to,width]
 */
export function interpolatePositions(positions: tf.Tensor2D, from: number, to: number): tf.Tensor2D {
  if (from === to) return tf.clone(positions)
  return tf.tidy(() => {
    const rows = axis(from, to)
    const both = new Float32Array(to * to * from * from)
    for (let y = 0; y < to; y++)
      for (let x = 0; x < to; x++)
        for (let v = 0; v < from; v++)
          for (let u = 0; u < from; u++)
            both[((y * to + x) * from + v) * from + u] = rows[y * from + v]! * rows[x * from + u]!
    return tf.matMul(tf.tensor2d(both, [to * to, from * from]), positions)
  })
}

/** One axis as a matrix [to,from]. */
function axis(from: number, to: number): Float64Array {
  const weights = new Float64Array(to * from)
  for (let i = 0; i < to; i++) {
    const at = ((i + 0.5) * from) / (to + OFFSET) - 0.5
    const low = Math.floor(at)
    for (let tap = low - 1; tap <= low + 2; tap++) {
      const edge = Math.min(from - 1, Math.max(0, tap))
      weights[i * from + edge]! += cubic(Math.abs(at - tap), -0.75)
    }
  }
  return weights
}
