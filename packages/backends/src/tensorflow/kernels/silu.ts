import { composed } from '../kernel.js'

/** oneDNN's `_MklSwish` is one operation, but eager calls can't reach it. */
export const silu = composed<'Silu'>((ops, inputs) => {
  const x = ops.of(inputs.x)
  return { y: ops.mul(x, ops.run('Sigmoid', [x])) }
})

/** silu'(x) = s + x s (1 - s) with s = sigmoid(x); `SigmoidGrad` is the second term. */
export const siluGradient = composed<'SiluGradient'>((ops, inputs) => {
  const x = ops.of(inputs.x)
  const sigmoid = ops.run('Sigmoid', [x])
  const slope = ops.add(sigmoid, ops.run('SigmoidGrad', [sigmoid, x]))
  ops.free(sigmoid)
  return { x: ops.mul(ops.of(inputs.dy), slope) }
})
