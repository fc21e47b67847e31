import type { Weights } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { ForwardOptions } from '../network.js'
import type { BlockOptions } from './block.js'
import type { Layer } from './layers.js'
import type { WeightTable } from './weight-table.js'

/** What tells one U-Net from another: its layers, what they begin with, and its embedding. */
export interface Architecture {
  /** The class, as errors name it: 'unet.SongUNet'. */
  where: string
  layers: readonly Layer[]
  /** Trainable weights, under the reference's names and in its order. */
  weights: WeightTable
  /** Stored with the weights, not trained. */
  buffers: WeightTable
  block: BlockOptions
  /** The embedding [B,E] of noise labels [B] and, where there are any, of class and augmentation labels. */
  embed(weights: Weights, buffers: Weights, noiseLabels: tf.Tensor1D, options: ForwardOptions): tf.Tensor2D
}
