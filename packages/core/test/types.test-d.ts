import {
  type Coupling,
  createRng,
  drawNormal,
  type Field,
  indexedNormal,
  type Pairs,
} from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { expectTypeOf } from 'vitest'

declare const n: number
declare const anyShape: number[]
declare const image: readonly [number, number, number]
declare const x: tf.Tensor4D

const rng = createRng(1)
expectTypeOf(rng.normal([16, 28, 28, 1])).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(rng.normal([n, 2])).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(rng.normal([n, ...image])).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(rng.normal(x.shape)).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(rng.normal(anyShape)).toEqualTypeOf<tf.Tensor>()
expectTypeOf(rng.normal([])).toEqualTypeOf<tf.Scalar>()
expectTypeOf(rng.uniform([n])).toEqualTypeOf<tf.Tensor1D>()
expectTypeOf(rng.uniform([n, 3], -1, 1)).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(drawNormal(rng, [n, 2])).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(indexedNormal(rng, [0, 1], image)).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(indexedNormal(rng, [0, 1], anyShape)).toEqualTypeOf<tf.Tensor>()

// A field or a coupling of any rank stands where one of some rank is needed, and a coupling of some rank for any.
expectTypeOf<Field>().toExtend<Field<tf.Tensor2D>>()
expectTypeOf<Field<tf.Tensor2D>>().not.toExtend<Field<tf.Tensor4D>>()
expectTypeOf<Coupling<tf.Tensor2D>>().toExtend<Coupling>()
expectTypeOf<Pairs<tf.Tensor2D>>().toExtend<tf.TensorContainer>()
// Pairs may be given with a promise or without.
expectTypeOf({
  draw: (_: number, batch: number) => ({ x: rng.normal([batch, 2]), z: rng.normal([batch, 2]) }),
}).toExtend<Coupling<tf.Tensor2D>>()
expectTypeOf({ draw: async () => ({ x, z: x }) }).toExtend<Coupling<tf.Tensor4D>>()
