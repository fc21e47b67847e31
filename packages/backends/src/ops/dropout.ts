import { checkNumber, checkRng, checkTensor, type Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

/** The share is rounded to a multiple of 1 / STEPS: 15 bits, so that one random word is enough for two numbers. */
const STEPS = 2 ** 15

/**
 * x with a share of its numbers set to 0, each drawn independently, and the others divided by 1 - share (Srivastava et al.,
 * Dropout, JMLR 15, 2014).
 *
 * Numbers 2i and 2i + 1 use word i of the stream, w: number 2i becomes 0 if bits 2 to 16 of w are less than share · 2^15, and
 * number 2i + 1 if its upper 15 bits are.
 *
 * @param x      [...]
 * @param share  in [0, 0.99], rounded to a multiple of 2^-15
 * @param rng    draws one word for two numbers
 * @returns      [...]
 */
export function dropout<T extends tf.Tensor>(x: T, share: number, rng: Rng): T {
  checkTensor('backends.dropout', 'x', x, ['...'])
  checkNumber('backends.dropout', 'share', share, 0, 0.99)
  checkRng('backends.dropout', rng)
  const dropped = Math.round(share * STEPS)
  const words = Math.ceil(x.size / 2)
  return tf.tidy(() => {
    if (hasKernel('Dropout'))
      return runKernel('Dropout', { x }, { place: rng.reserve(words), dropped }).y as T
    return tf.mul(x, tf.tensor(mask(x.size, dropped, rng.integers(words, STEPS ** 2)), x.shape))
  })
}

/** The factor of each number; `words` hold the upper 30 bits of the random words. */
function mask(size: number, dropped: number, words: Int32Array): Float32Array {
  const kept = STEPS / (STEPS - dropped) // from the rounded share, so that the mask's expected value is exactly 1
  const factors = new Float32Array(size)
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number
    factors[2 * i] = (word & (STEPS - 1)) < dropped ? 0 : kept
    factors[2 * i + 1] = word >> 15 < dropped ? 0 : kept // if the size is odd, the last one is past the end and has no effect
  }
  return factors
}
