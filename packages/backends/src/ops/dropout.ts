import { checkNumber, checkTensor, type Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

/** Steps that a share is rounded to: 15 bits, so that one random word serves two numbers. */
const STEPS = 2 ** 15

/**
 * x with a share of its numbers 0, drawn one by one, and the others divided by 1 - share (Srivastava et al., Dropout, JMLR
 * 15, 2014).
 *
 * Numbers 2i and 2i + 1 share word i of the stream, w: they become 0 where bits 2 to 16 of w, or its upper 15, are less than
 * share · 2^15.
 *
 * @param x      [...]
 * @param share  in [0, 0.99], rounded to a multiple of 2^-15
 * @param rng    gives one word for two numbers
 * @returns      [...]
 */
export function dropout<T extends tf.Tensor>(x: T, share: number, rng: Rng): T {
  checkTensor('backends.dropout', 'x', x, ['...'])
  checkNumber('backends.dropout', 'share', share, 0, 0.99)
  const dropped = Math.round(share * STEPS)
  const words = Math.ceil(x.size / 2)
  return tf.tidy(() => {
    if (hasKernel('Dropout')) return runKernel('Dropout', { x }, { ...rng.reserve(words), dropped }).y as T
    return tf.mul(x, tf.tensor(mask(x.size, dropped, rng.integers(words, STEPS ** 2)), x.shape))
  })
}

/** What each number is multiplied by, from words of which the upper 30 bits are given. */
function mask(size: number, dropped: number, words: Int32Array): Float32Array {
  const kept = STEPS / (STEPS - dropped) // of the rounded share: the mask's mean is exactly 1
  const factors = new Float32Array(size)
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number
    factors[2 * i] = (word & (STEPS - 1)) < dropped ? 0 : kept
    factors[2 * i + 1] = word >> 15 < dropped ? 0 : kept // beyond the end where the size is odd, and then nowhere
  }
  return factors
}
