import type { Features, ImageBatch } from '@rectified-flow/core'
import {
  evaluate,
  type FeatureStatistics,
  type KeptName,
  type Moments,
  measureImages,
  type Reference,
  readReference,
  writeReference,
} from '@rectified-flow/eval-fid'
import type * as tf from '@tensorflow/tfjs-core'
import { expectTypeOf } from 'vitest'

declare const features: Features
declare const tensors: tf.Tensor4D[]
declare const batches: AsyncGenerator<ImageBatch>
declare const names: readonly KeptName[]

// Moments are a mean and a covariance, everywhere.
expectTypeOf<FeatureStatistics>().toExtend<Moments>()
expectTypeOf(await readReference(new Uint8Array())).toExtend<Reference>()
const measured = await measureImages(features, batches, { keep: ['moments', 'samples'] })
expectTypeOf(measured).toExtend<Reference>()
expectTypeOf(measured.moments).toEqualTypeOf<FeatureStatistics>()
expectTypeOf(measured.logits).toBeNullable()
writeReference(measured)
await evaluate(features, tensors, { reference: measured })
expectTypeOf((await measureImages(features, tensors)).moments).toEqualTypeOf<FeatureStatistics>()
expectTypeOf((await measureImages(features, tensors, { keep: names })).moments).toBeNullable()
// @ts-expect-error a reference in a file has moments
writeReference(await measureImages(features, tensors, { keep: ['samples'] }))
