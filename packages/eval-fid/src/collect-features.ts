import { compile } from '@rectified-flow/backends'
import { checkKind, type Features } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { FeatureSet } from './feature-set.js'
import { FeatureStatistics } from './feature-statistics.js'
import { type ImageBatches, imagesOf } from './image-batches.js'

/**
 * Statistics of the features of images, batch by batch: at any time one batch and its features are in memory.
 *
 * @param features  borrowed
 * @param images    its batches are taken: each is disposed when its features are known or when an error is thrown
 */
export async function featureStatistics(
  features: Features,
  images: ImageBatches,
): Promise<FeatureStatistics> {
  const where = 'eval-fid.featureStatistics'
  checkKind(where, 'features', features, 'an extractor such as readFidInception()', ['dim', 'extract'])
  const statistics = new FeatureStatistics(features.dim)
  const extract = compile((batch: tf.Tensor4D) => features.extract(batch))
  for await (const batch of imagesOf(where, images)) statistics.add(await extractToHost(extract, batch))
  extract.dispose()
  return statistics
}

/**
 * The features of all images, [N,dim], for measures that need each sample and not only the moments.
 *
 * @param features  borrowed
 * @param images    its batches are taken: each is disposed when its features are known or when an error is thrown
 */
export async function collectFeatures(features: Features, images: ImageBatches): Promise<FeatureSet> {
  const where = 'eval-fid.collectFeatures'
  checkKind(where, 'features', features, 'an extractor such as readFidInception()', ['dim', 'extract'])
  const extract = compile((batch: tf.Tensor4D) => features.extract(batch))
  const parts: Float32Array[] = []
  for await (const batch of imagesOf(where, images)) parts.push(await extractToHost(extract, batch))
  extract.dispose()
  const data = new Float32Array(parts.reduce((size, part) => size + part.length, 0))
  let to = 0
  for (const part of parts) {
    data.set(part, to)
    to += part.length
  }
  return { data, shape: [data.length / features.dim, features.dim] }
}

/** Features [B,dim] of one batch, on the host. Disposes the batch. */
async function extractToHost(extract: Features['extract'], batch: tf.Tensor4D): Promise<Float32Array> {
  let extracted: tf.Tensor2D | undefined
  try {
    extracted = extract(batch)
    return (await extracted.data()) as Float32Array
  } finally {
    batch.dispose()
    extracted?.dispose()
  }
}
