import type * as tf from '@tensorflow/tfjs-core'

/** Images on the host, as `ImageSource.read` gives them. */
export interface ImageRows {
  /** Pixels 0..255, [B,H,W,C]. */
  images: Uint8Array
  /** Class of each image, [B], where the source has classes. */
  labels?: ArrayLike<number>
}

/**
 * Images of one size that can be read by index, wherever they are: in memory, in a folder, in a zip. `imageDataset`
 * makes one, `openImages` of `/node` opens one, and anything with these members is one.
 */
export interface ImageSource {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly channels: number
  /** How many classes there are; absent where images have no labels. */
  readonly classes?: number | undefined
  /** The images at these indices, in this order; an index may come twice. */
  read(indices: ArrayLike<number>): Promise<ImageRows>
  /** Close the files that are open. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Images as a network takes them: x [B,H,W,C] in [-1,1], one-hot labels [B,classes] where there are classes. (A type and
 * not an interface, so that `tf.dispose` takes it.)
 */
export type ImageBatch = {
  x: tf.Tensor4D
  labels?: tf.Tensor2D
}

/**
 * Images that can be read by index as tensors: an `ImageDataset`, or anything with these two members. Of an `ImageSource`
 * they are `{ count: source.count, batch: indices => readBatch(source, indices) }`.
 */
export interface IndexedImages {
  readonly count: number
  batch(indices: ArrayLike<number>): ImageBatch | Promise<ImageBatch>
}
