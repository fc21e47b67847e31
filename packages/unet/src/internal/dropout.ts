import type { Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** Steps that a share is rounded to: 15 bits, so that one random word serves two numbers. */
const STEPS = 2 ** 15

/** A mask to multiply with: 0 for a share of its numbers, 1 / (1 - share) for the others. */
export function dropoutMask<S extends number[]>(shape: S, share: number, rng: Rng): tf.Tensor {
  const size = tf.util.sizeFromShape(shape)
  const dropped = Math.round(share * STEPS)
  const kept = STEPS / (STEPS - dropped) // of the rounded share: the mask's mean is exactly 1
  const words = rng.integers(Math.ceil(size / 2), STEPS ** 2)
  const mask = new Float32Array(size)
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number
    mask[2 * i] = (word & (STEPS - 1)) < dropped ? 0 : kept
    mask[2 * i + 1] = word >> 15 < dropped ? 0 : kept // beyond the end where the size is odd, and then nowhere
  }
  return tf.tensor(mask, shape)
}
