import type { Weights } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { IntervalOptions } from '../network.js'
import type { BlockOptions } from './block.js'
import type { Layer } from './layers.js'
import type { WeightTable } from './weight-table.js'

/** The differences between the U-Nets: layers, initial weights and embedding. */
export interface Architecture {
  /** The name of the class in errors: 'unet.SongUNet'. */
  where: string
  layers: readonly Layer[]
  /** Trainable weights, under the reference's names and in its order. */
  weights: WeightTable
  /** Variables that are stored with the weights and not trained. */
  buffers: WeightTable
  block: BlockOptions
  /** Weights that a checkpoint of a network of one time lacks, and for each the one there that it starts from. */
  startsFrom: ReadonlyMap<string, string>
  /** The embedding [B,E] of noise labels [B] and, where the network has them, of end, class and augmentation labels. */
  embed(weights: Weights, buffers: Weights, noiseLabels: tf.Tensor1D, options: IntervalOptions): tf.Tensor2D
}
