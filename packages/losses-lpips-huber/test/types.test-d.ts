import type { Premetric } from '@rectified-flow/core'
import {
  createSmallVgg,
  type FeaturePyramid,
  type ImageDistance,
  l2,
  lpipsHuber,
  pseudoHuber,
  type SmallVgg,
  squaredL2,
  type WeightedSum,
  weightedSum,
} from '@rectified-flow/losses-lpips-huber'
import type * as tf from '@tensorflow/tfjs-core'
import { expectTypeOf } from 'vitest'

expectTypeOf(squaredL2).toExtend<Premetric>()
expectTypeOf(l2).toExtend<Premetric>()
expectTypeOf(pseudoHuber).returns.toExtend<Premetric>()
expectTypeOf(pseudoHuber).returns.toExtend<ImageDistance>()
expectTypeOf(lpipsHuber).returns.toEqualTypeOf<WeightedSum<'huber' | 'perceptual'>>()
expectTypeOf(lpipsHuber).returns.toExtend<Premetric>()
expectTypeOf(weightedSum({ a: { premetric: l2 } }).parts).returns.toEqualTypeOf<Record<'a', tf.Tensor1D>>()
expectTypeOf<SmallVgg['features']>().toExtend<FeaturePyramid>()
expectTypeOf(createSmallVgg).returns.toEqualTypeOf<SmallVgg<tf.Variable>>()
