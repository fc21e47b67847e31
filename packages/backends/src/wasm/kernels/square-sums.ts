import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/** The sum of squares of each tensor, read once. */
export const squareSums: WasmKernel<'SquareSums'> = ({ inputs, backend }) => {
  const tensors = Object.values(inputs)
  const sums = backend.makeOutput([tensors.length], 'float32')
  for (const [i, tensor] of tensors.entries()) {
    const places = [addressOf(backend, tensor), addressOf(backend, sums) + 4 * i]
    runUnits(backend, 'sumSquares', { units: 1, operations: tensor.size }, [...places, tensor.size])
  }
  return { sums }
}
