import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/** Dropout that draws its numbers while it multiplies, so there is no mask in memory. */
export const dropout: WasmKernel<'Dropout'> = ({ inputs: { x }, attrs, backend }) => {
  const y = backend.makeOutput(x.shape, 'float32')
  const { place, dropped } = attrs
  const kept = 2 ** 15 / (2 ** 15 - dropped)
  const work = { units: Math.ceil(x.size / 1024), operations: 16 * x.size }
  const places = [addressOf(backend, x), addressOf(backend, y), x.size]
  runUnits(backend, 'dropout', work, [...places, place, dropped, kept])
  return { y }
}
