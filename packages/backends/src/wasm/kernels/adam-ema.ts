import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/**
 * Adam and the moving average in one pass. It makes new tensors and doesn't write in place, because XNNPACK keeps a packed
 * copy of each weight tensor, and clones share memory.
 */
export const adamEma: WasmKernel<'AdamEma'> = ({ inputs, attrs, backend }) => {
  const before = [inputs.weight, inputs.m, inputs.v, inputs.ema, inputs.gradient]
  const make = () => backend.makeOutput(inputs.weight.shape, 'float32')
  const [weight, m, v, ema] = [make(), make(), make(), make()]
  const addresses = [...before, weight, m, v, ema].map(tensor => addressOf(backend, tensor))
  const { rate, beta1, beta2, epsilon, correction, emaDecay } = attrs
  const decays = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon, correction, emaDecay, 1 - emaDecay]
  const { size } = inputs.weight
  const work = { units: Math.ceil(size / 1024), operations: 8 * size }
  runUnits(backend, 'adamEma', work, [...addresses, size, rate, ...decays])
  return { weight, m, v, ema }
}
