import type { AdamEmaAttrs, AdamEmaInputs } from '../ops/kernel-inputs.js'
import { addKernel } from './backend.js'
import { addressOf, runUnits } from './simd.js'

/**
 * Adam and the moving average in one pass: the next weight, m, v and ema. They are new tensors and not written in
 * place, because XNNPACK keeps packed copies of weights by tensor and clones share memory.
 */
export function registerAdamEma(): void {
  addKernel<AdamEmaInputs, AdamEmaAttrs>('RfAdamEma', ({ inputs, attrs, backend }) => {
    const { weight, m, v, ema, gradient } = inputs
    const next = [0, 1, 2, 3].map(() => backend.makeOutput(weight.shape, 'float32'))
    const addresses = [weight, m, v, ema, gradient, ...next].map(tensor => addressOf(backend, tensor))
    const { rate, beta1, beta2, epsilon, correction, emaDecay } = attrs
    const decays = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon, correction, emaDecay, 1 - emaDecay]
    const work = { units: Math.ceil(weight.size / 1024), operations: 8 * weight.size }
    runUnits(backend, 'adamEma', work, [...addresses, weight.size, rate, ...decays])
    return next
  })
}
