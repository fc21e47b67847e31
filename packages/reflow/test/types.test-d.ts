import type { AverageField, Coupling, Denoiser, Field, Rng } from '@rectified-flow/core'
import type { ImageDataset, ImageSource } from '@rectified-flow/datasets'
import type { PairStore } from '@rectified-flow/datasets/node'
import {
  independentCoupling,
  invert,
  invertTrajectory,
  logLikelihood,
  onlineCoupling,
  optimalTransportCoupling,
  prefetch,
  previewFlow,
  type SharedTrainerOptions,
  sample,
  sampleEdm,
  sampler,
  sampleTrajectory,
  slerp,
  storedCoupling,
  Trainer,
  type TrainerOptions,
  translate,
  truncatedCoupling,
} from '@rectified-flow/reflow'
import type { train } from '@rectified-flow/reflow/node'
import { alongGrid, meanFlow, type Objective } from '@rectified-flow/reflow/objectives'
import { uniform } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'
import { expectTypeOf } from 'vitest'

declare const images: tf.Tensor4D
declare const points: tf.Tensor2D
declare const any: tf.Tensor
declare const field: Field
declare const ofPoints: (x: tf.Tensor2D, t: tf.Tensor1D) => tf.Tensor2D
declare const denoiser: Denoiser
declare const rng: Rng

// What comes out has the rank of what goes in.
expectTypeOf(sample(field, images).x).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(sample(field, points, { steps: 4 }).x).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(sample(field, any).x).toEqualTypeOf<tf.Tensor>()
expectTypeOf(sample(ofPoints, points).x).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(sample(x => x, points).x).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(sampleTrajectory(field, images).states).toEqualTypeOf<tf.Tensor4D[]>()
for (const { x, prediction } of sampler(field, points)) {
  expectTypeOf(x).toEqualTypeOf<tf.Tensor2D>()
  expectTypeOf(prediction).toEqualTypeOf<tf.Tensor2D>()
}
expectTypeOf(sampleEdm(denoiser, images).x).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(invert(field, images, { noise: images }).z).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(invertTrajectory(field, points, { noise: points }).predictions).toEqualTypeOf<tf.Tensor2D[]>()
expectTypeOf(translate(images, { from: field, to: field, noise: images }).x).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(slerp(images, images, 0.5)).toEqualTypeOf<tf.Tensor4D>()
expectTypeOf(logLikelihood(field, points, { rng }).z).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(previewFlow(ofPoints, points))
  .resolves.toHaveProperty('samples')
  .toEqualTypeOf<{ steps: number; x: tf.Tensor2D }[]>()

// @ts-expect-error a field of points takes no images
sample(ofPoints, images)
// @ts-expect-error noise has the rank of the data
invert(ofPoints, points, { noise: images })

// Couplings keep the rank of their data.
const plane = independentCoupling(points, { rng })
expectTypeOf(plane).toEqualTypeOf<Coupling<tf.Tensor2D>>()
expectTypeOf(independentCoupling({} as ImageSource, { rng })).toEqualTypeOf<Coupling<tf.Tensor4D>>()
expectTypeOf(independentCoupling({} as ImageDataset, { rng })).toEqualTypeOf<Coupling<tf.Tensor4D>>()
expectTypeOf(storedCoupling({} as PairStore, { rng })).toEqualTypeOf<Coupling<tf.Tensor4D>>()
expectTypeOf(storedCoupling({ x: points, z: points }, { rng })).toEqualTypeOf<Coupling<tf.Tensor2D>>()
expectTypeOf(onlineCoupling(z => z, { shape: [2], rng })).toEqualTypeOf<Coupling<tf.Tensor2D>>()
expectTypeOf(onlineCoupling(z => z, { shape: [8, 8, 3], rng })).toEqualTypeOf<Coupling<tf.Tensor4D>>()
expectTypeOf(prefetch(truncatedCoupling(optimalTransportCoupling(plane), { drop: 0.1 }))).toExtend<
  Coupling<tf.Tensor2D>
>()

// A trainer's field takes what its coupling gives, and any trainer can be trained in a folder.
declare const rest: Omit<TrainerOptions, 'coupling' | 'velocity'>
const trainer = new Trainer({ ...rest, coupling: plane, velocity: () => ofPoints })
expectTypeOf(trainer).toExtend<Parameters<typeof train>[0]>()
new Trainer({ ...rest, coupling: plane, velocity: () => field })
// @ts-expect-error the coupling gives images, the field takes points
new Trainer({ ...rest, coupling: independentCoupling(images, { rng }), velocity: () => ofPoints })

// With an objective the field takes two times, and so do the times.
declare const average: AverageField<tf.Tensor2D>
declare const shared: SharedTrainerOptions<tf.Tensor2D>
new Trainer({ ...shared, ...meanFlow(), velocity: () => average })
const own: Objective<tf.Tensor2D> = (u, { xt, t, r, v }) => ({ prediction: u(xt, { t, r }), target: v })
new Trainer({ ...shared, ...meanFlow(), objective: own, velocity: () => average })
expectTypeOf(alongGrid(average)).toEqualTypeOf<Field<tf.Tensor2D>>()
// @ts-expect-error a velocity of one time has no average
new Trainer({ ...shared, ...meanFlow(), velocity: () => (x: tf.Tensor2D, t: tf.Tensor1D) => tf.mul(x, t) })
// @ts-expect-error an average velocity needs an objective
new Trainer({ ...shared, timesteps: uniform(), velocity: () => average })
// @ts-expect-error an objective needs intervals
new Trainer({ ...shared, ...meanFlow(), timesteps: uniform(), velocity: () => average })
// @ts-expect-error a sampler takes a velocity
sample(average, points)
