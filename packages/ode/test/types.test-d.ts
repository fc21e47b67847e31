import {
  type AdaptiveSolution,
  type DenseSolution,
  dopri5,
  euler,
  heun,
  integrate,
  type Method,
  type MethodStep,
  type SolverState,
  solve,
  solveAdaptive,
  solveDense,
  solveFloat64,
  type Tableau,
  trajectory,
} from '@rectified-flow/ode'
import type * as tf from '@tensorflow/tfjs-core'
import { expectTypeOf } from 'vitest'

declare const x: tf.Tensor
declare const points: tf.Tensor2D
declare const ofPoints: (x: tf.Tensor2D, t: tf.Tensor1D) => tf.Tensor2D
declare const field: (x: tf.Tensor, t: tf.Tensor1D) => tf.Tensor

expectTypeOf(heun).toExtend<Method>()
expectTypeOf(euler.tableau).toEqualTypeOf<Tableau>()
expectTypeOf(euler.step(field, x, 1, 0)).toEqualTypeOf<MethodStep>()
expectTypeOf(solve(field, x)).toEqualTypeOf<{ x: tf.Tensor; nfe: number }>()
expectTypeOf(trajectory(field, x, { times: [1, 0] }).states).toEqualTypeOf<tf.Tensor[]>()
for (const state of integrate(field, x, { steps: 2, span: [0, 1] }))
  expectTypeOf(state).toEqualTypeOf<SolverState>()

// States have the rank of the start.
expectTypeOf(solve(field, points).x).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(solve(ofPoints, points).x).toEqualTypeOf<tf.Tensor2D>()
expectTypeOf(trajectory(field, points, { times: [1, 0] }).states).toEqualTypeOf<tf.Tensor2D[]>()
expectTypeOf(solveAdaptive(field, points)).resolves.toHaveProperty('x').toEqualTypeOf<tf.Tensor2D>()

expectTypeOf(dopri5).toExtend<Method>()
expectTypeOf(solveAdaptive(field, x, { method: dopri5, perSample: true })).toEqualTypeOf<
  Promise<AdaptiveSolution>
>()
expectTypeOf(solveDense(field, x)).toEqualTypeOf<Promise<DenseSolution>>()
expectTypeOf(solveFloat64(x => x, [1])).toExtend<Promise<{ x: Float64Array }>>()

// @ts-expect-error a method without an error estimate
solveAdaptive(field, x, { method: heun })
// @ts-expect-error methods are values
solve(field, x, { method: 'heun' })
// @ts-expect-error a grid is given once
solve(field, x, { times: [1, 0], steps: 4 })
// @ts-expect-error a field is synchronous
solve(async () => x, x)
