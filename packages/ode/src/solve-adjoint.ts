import { batchOf, checkOptions, type Field, vectorJacobian } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { checkGradientOf, type GradientOptions, gradientNames } from './gradient-options.js'
import { run } from './internal/run.js'
import type { Solution } from './method.js'
import { solve } from './solve.js'

/**
 * `solve` whose gradient is the solution of another ODE. It starts from the end state alone, and is solved backward over
 * the same grid with the same method:
 *
 *   dx/dt = v(x, t)     da/dt = -aᵀ ∂v/∂x     dg/dt = -aᵀ ∂v/∂θ     a = dL/dx, g = dL/dθ
 *
 * Memory does not grow with the steps. The gradient is that of the exact flow, not of the steps taken: it differs from
 * `solve`'s by the method's error. x is solved backward too, where errors grow in a flow that contracts. If that matters,
 * use `solveCheckpointed`, whose gradient is `solve`'s.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at the first time [B,...], float32
 * @see Chen, Rubanova, Bettencourt, Duvenaud, Neural ordinary differential equations, arXiv 1806.07366
 */
export function solveAdjoint(field: Field, x: tf.Tensor, options: GradientOptions = {}): Solution {
  const where = 'ode.solveAdjoint'
  checkOptions(where, options, gradientNames)
  const { params = [], ...rest } = options
  const { times } = run(where, field, x, rest)
  const { method } = rest
  checkGradientOf(where, params)
  const batch = batchOf(x)
  const shapes = [x.shape, x.shape, ...params.map(param => param.shape)]
  const sizes = shapes.map(shape => tf.util.sizeFromShape(shape))
  const pack = (parts: tf.Tensor[]) =>
    tf.concat(
      parts.map(part => tf.reshape(part, [1, -1])),
      1,
    )
  const unpack = (packed: tf.Tensor) =>
    tf.split(packed, sizes, 1).map((part, i) => tf.reshape(part, shapes[i]!))

  /** The three equations as one, with a state of shape [1, all numbers]. */
  const backward: Field = (packed, t) => {
    const [state, a] = unpack(packed) as [tf.Tensor, tf.Tensor]
    const at = tf.reshape(tf.tile(t, [batch]), [batch]) as tf.Tensor1D
    const { value, grads } = vectorJacobian(() => field(state, at), [state, ...params], a)
    return tf.neg(pack([tf.neg(value), ...grads]))
  }

  let nfe = 0
  const grid = { ...(method && { method }) }
  const flow = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as tf.GradSaveFunc
    const step = solve(field, inputs[0] as tf.Tensor, { ...grid, times })
    nfe = step.nfe
    save([step.x])
    return {
      value: step.x,
      gradFunc: (dy, saved) => {
        const [end] = saved as [tf.Tensor]
        const start = pack([end, dy as tf.Tensor, ...params.map(param => tf.zerosLike(param))])
        const [, ...grads] = unpack(solve(backward, start, { ...grid, times: [...times].reverse() }).x)
        return grads
      },
    }
  })
  return tf.tidy(() => ({ x: flow(x, ...params), nfe }))
}
