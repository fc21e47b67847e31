import type { Features } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** What a result says about the network that it was measured with. */
export interface NetworkDescription {
  /** e.g. 'FID Inception (2015-12-05)'. */
  network: string
  /** SHA-256 of the file of its weights, in hex, where it is known. */
  weightsSha256?: string
  /** How images come to the size that the network takes. */
  resize?: string
}

/**
 * Features that also give class scores or features with a place, all in one pass over the images. Any `Features` will
 * do for the measures that need no more than features.
 */
export interface Extractor<Output extends string = string> extends Features {
  readonly description: NetworkDescription
  /** What `measure` can give. */
  readonly outputs: readonly Output[]
  /** Each of these outputs, [N,...] to [N,F], for images [N,H,W,C] in [-1,1]. */
  measure<Name extends Output>(images: tf.Tensor4D, outputs: readonly Name[]): Record<Name, tf.Tensor2D>
}
