import type { Eager, Value } from '../eager.js'
import { composed } from '../kernel.js'

/** oneDNN's `_MklSwish` is one operation, but eager calls can't reach it. */
export const activated = (ops: Eager, x: Value): Value => ops.mul(x, ops.run('Sigmoid', [x]))

/** silu'(x) = s + x s (1 - s) with s = sigmoid(x); `SigmoidGrad` is the second term. */
export function activationSlope(ops: Eager, x: Value): Value {
  const sigmoid = ops.run('Sigmoid', [x])
  const slope = ops.add(sigmoid, ops.run('SigmoidGrad', [sigmoid, x]))
  ops.free(sigmoid)
  return slope
}

export const silu = composed<'Silu'>((ops, { x }) => ({ y: activated(ops, ops.of(x)) }))

export const siluGradient = composed<'SiluGradient'>((ops, { x, dy }) => ({
  x: ops.mul(ops.of(dy), activationSlope(ops, ops.of(x))),
}))
