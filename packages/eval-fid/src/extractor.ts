import type { Features } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** The description in a result of the network that measured it. */
export interface NetworkDescription {
  /** e.g. 'FID Inception (2015-12-05)'. */
  network: string
  /** SHA-256 of the file of its weights, in hex, if it is known. */
  weightsSha256?: string
  /** How images are resized to the size that the network takes. */
  resize?: string
  /** Side in pixels of the square images that the network takes. */
  inputSize?: number
  /** What is subtracted from each channel of the pixels, on the scale of 0..255, and what the rest is divided by. */
  normalisation?: { mean: readonly number[]; deviation: readonly number[] }
}

/**
 * Features that also give class scores or spatial features, all in one pass over the images. Measures that need only
 * features work with any `Features`.
 */
export interface Extractor<Output extends string = string> extends Features {
  readonly description: NetworkDescription
  /** The outputs that `measure` can give. */
  readonly outputs: readonly Output[]
  /** Each of these outputs, [N,F], for images [N,H,W,C] in [-1,1]. */
  measure<Name extends Output>(images: tf.Tensor4D, outputs: readonly Name[]): Record<Name, tf.Tensor2D>
}
