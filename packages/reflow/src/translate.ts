import type { Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { type InvertOptions, invert } from './invert.js'
import { type SampleOptions, sample } from './sample.js'

export interface TranslateOptions {
  /** The velocity that x is inverted with: that of x's own label. */
  from: Field
  /** The velocity that draws: that of the label to go to. `from` again reconstructs x. */
  to: Field
  /** Standard normal noise [B,...], as `invert` takes it. */
  noise: tf.Tensor
  /** How x is inverted: 4 Euler steps unless told. */
  inversion?: Omit<InvertOptions, 'noise'>
  /** How the result is drawn: 2 Euler steps unless told. */
  sampling?: SampleOptions
}

/**
 * Image to image: the noise of x under one label, drawn under another (Lee et al., arXiv 2405.20320, section 5.3). What
 * the label leaves open (slant, thickness, pose) stays.
 *
 * @param x  data [B,...]
 * @returns  the translated data and the noise between, [B,...], the caller's both, and the network calls spent
 */
export function translate(
  x: tf.Tensor,
  { from, to, noise, inversion, sampling = {} }: TranslateOptions,
): { x: tf.Tensor; z: tf.Tensor; nfe: number } {
  const inverted = invert(from, x, { ...inversion, noise })
  const grid = sampling.times ? {} : { steps: 2 }
  try {
    const drawn = sample(to, inverted.z, { ...grid, ...sampling })
    return { x: drawn.x, z: inverted.z, nfe: inverted.nfe + drawn.nfe }
  } catch (error) {
    inverted.z.dispose()
    throw error
  }
}
