import type { AdamEmaAttrs, AdamEmaInputs } from '../ops/kernel-inputs.js'
import type { Eager, Value } from './eager.js'
import { addKernel } from './kernel.js'

/** The next weight, m, v and ema. */
function adamEma(ops: Eager, inputs: AdamEmaInputs, attrs: AdamEmaAttrs): Value[] {
  const { rate, beta1, beta2, epsilon, correction, emaDecay } = attrs
  const [weight, gradient] = [ops.of(inputs.weight), ops.of(inputs.gradient)]
  const average = (before: Value, now: Value, decay: number) =>
    ops.add(ops.mul(before, ops.number(decay)), ops.mul(now, ops.number(1 - decay)))

  const m = average(ops.of(inputs.m), gradient, beta1)
  const v = average(ops.of(inputs.v), ops.mul(gradient, gradient), beta2)
  // m / (sqrt(v correction) + epsilon), with the root of the correction taken out.
  const root = ops.add(ops.run('Sqrt', [v]), ops.number(epsilon / Math.sqrt(correction)))
  const step = ops.mul(ops.div(m, root), ops.number(rate / Math.sqrt(correction)))
  const next = ops.sub(weight, step)
  return [next, m, v, average(ops.of(inputs.ema), next, emaDecay)]
}

/** Adam and the moving average without tfjs between the operations. */
export function registerAdamEma(): void {
  addKernel('RfAdamEma', adamEma)
}
