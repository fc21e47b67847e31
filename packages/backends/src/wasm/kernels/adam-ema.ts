import type * as tf from '@tensorflow/tfjs-core'
import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/**
 * Adam and the moving average in one pass. It makes new tensors and doesn't write in place, because XNNPACK keeps a packed
 * copy of each weight tensor, and clones share memory.
 */
export const adamEma: WasmKernel<'AdamEma'> = ({ inputs, backend }) => {
  const [numbers, ...others] = Object.values(inputs) as [tf.Tensor, ...tf.Tensor[]]
  const outputs: tf.TensorInfo[] = []
  for (let first = 0; first < others.length; first += 5) {
    const before = others.slice(first, first + 5)
    const { shape, size } = before[0]!
    const after = Array.from({ length: 4 }, () => backend.makeOutput(shape, 'float32'))
    const addresses = [...before, ...after].map(tensor => addressOf(backend, tensor))
    const work = { units: Math.ceil(size / 1024), operations: 32 * size }
    runUnits(backend, 'adamEma', work, [...addresses, addressOf(backend, numbers), size])
    outputs.push(...after)
  }
  return outputs
}
