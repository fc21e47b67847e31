import { checkOptions, type Field, type OptionNames } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { type InvertOptions, invert } from './invert.js'
import { type SampleOptions, sample } from './sample.js'

export interface TranslateOptions<X extends tf.Tensor = tf.Tensor> {
  /** The velocity of x's own label; it inverts x. */
  from: Field<X>
  /** The velocity of the new label; it draws the result. With `from` here too, x is reconstructed. */
  to: Field<X>
  /** Standard normal noise [B,...] for `invert`. */
  noise: X
  /** How to invert x: by default 4 Euler steps. */
  inversion?: Omit<InvertOptions<X>, 'noise'>
  /** How to draw the result: by default 2 Euler steps. */
  sampling?: SampleOptions<X>
}

const translateNames: OptionNames<TranslateOptions> = {
  from: 'required',
  to: 'required',
  noise: 'required',
  inversion: 'optional',
  sampling: 'optional',
}

/**
 * Image to image: invert x under one label, and draw from the noise under another (Lee et al., arXiv 2405.20320, section
 * 5.3). Properties that the label doesn't decide (slant, thickness, pose) stay.
 *
 * @param x  data [B,...]
 * @returns  the translated data and the noise, [B,...], which the caller owns, and the number of network calls
 */
export function translate<X extends tf.Tensor>(
  x: X,
  options: TranslateOptions<X>,
): { x: X; z: X; nfe: number } {
  checkOptions('reflow.translate', options, translateNames)
  const { from, to, noise, inversion, sampling = {} } = options
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
