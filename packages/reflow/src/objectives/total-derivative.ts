import { type AverageField, constant, type JacobianVector } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Crossing } from './objective.js'

/**
 * How fast u(x_t, t, r) changes along a path of this velocity while r stays, as a constant [B,...]:
 *
 *   du/dt = (∂u/∂x) v + ∂u/∂t
 */
export function totalDerivative<X extends tf.Tensor>(
  u: AverageField<X>,
  { xt, t, r }: Pick<Crossing<X>, 'xt' | 't' | 'r'>,
  velocity: tf.Tensor,
  jacobianVector: JacobianVector,
): tf.Tensor {
  return constant(() => {
    const along = ([x, t]: tf.Tensor[]) => u(x as X, { t: t as tf.Tensor1D, r })
    return jacobianVector(along, [xt, t], [velocity, tf.onesLike(t)])
  })
}
