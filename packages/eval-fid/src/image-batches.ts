import type { ImageBatch } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Batches of images [B,H,W,C] in [-1,1]: tensors, or what `batches(source)` of @rectified-flow/datasets gives. The function
 * that reads them disposes each. Labels are not used.
 */
export type ImageBatches = AsyncIterable<tf.Tensor4D | ImageBatch> | Iterable<tf.Tensor4D | ImageBatch>

/** The images of each batch. */
export async function* imagesOf(batches: ImageBatches): AsyncGenerator<tf.Tensor4D, void, undefined> {
  for await (const batch of batches) {
    if (!(batch instanceof tf.Tensor)) batch.labels?.dispose()
    yield batch instanceof tf.Tensor ? batch : batch.x
  }
}
