import { checkKind, checkTensor, describe, type ImageBatch } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Batches of images [B,H,W,C] in [-1,1]: tensors, or what `batches(source)` of @rectified-flow/datasets gives. The function
 * that reads them disposes each. Labels are not used.
 */
export type ImageBatches = AsyncIterable<tf.Tensor4D | ImageBatch> | Iterable<tf.Tensor4D | ImageBatch>

/** The images of each batch. */
export async function* imagesOf(
  where: string,
  batches: ImageBatches,
): AsyncGenerator<tf.Tensor4D, void, undefined> {
  const kind = 'a list of batches [B,H,W,C], or what batches(source) gives'
  checkKind(where, 'images', batches, kind, [])
  if (!(Symbol.asyncIterator in batches) && !(Symbol.iterator in batches))
    throw new TypeError(`${where}: images must be ${kind}, got ${describe(batches)}.`)
  for await (const batch of batches) {
    checkTensor(where, 'images', batch instanceof tf.Tensor ? batch : batch?.x, ['B', 'H', 'W', 'C'])
    if (!(batch instanceof tf.Tensor)) batch.labels?.dispose()
    yield batch instanceof tf.Tensor ? batch : batch.x
  }
}
