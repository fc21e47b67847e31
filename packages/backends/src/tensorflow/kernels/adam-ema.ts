import type { Value } from '../eager.js'
import { composed } from '../kernel.js'

/** Adam and the moving average, calling TensorFlow's operations without tfjs. */
export const adamEma = composed<'AdamEma'>((ops, inputs, attrs) => {
  const { rate, beta1, beta2, epsilon, correction, emaDecay } = attrs
  const gradient = ops.of(inputs.gradient)
  const average = (before: Value, now: Value, decay: number) =>
    ops.add(ops.mul(before, ops.number(decay)), ops.mul(now, ops.number(1 - decay)))

  const m = average(ops.of(inputs.m), gradient, beta1)
  const v = average(ops.of(inputs.v), ops.mul(gradient, gradient), beta2)
  // m / (sqrt(v correction) + epsilon), with sqrt(correction) moved out of the denominator.
  const root = ops.add(ops.run('Sqrt', [v]), ops.number(epsilon / Math.sqrt(correction)))
  const step = ops.mul(ops.div(m, root), ops.number(rate / Math.sqrt(correction)))
  const weight = ops.sub(ops.of(inputs.weight), step)
  return { weight, m, v, ema: average(ops.of(inputs.ema), weight, emaDecay) }
})
