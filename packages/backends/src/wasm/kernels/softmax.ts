import type { WasmReplacement } from '../backend.js'
import { addressOf, runUnits, threadsOf, withScratch } from '../simd.js'

/** Softmax over the last axis, on all threads. */
export const softmax: WasmReplacement<'Softmax'> = stock => args => {
  const { inputs, attrs, backend } = args
  const { shape, size, dtype, rank } = inputs.logits
  const columns = shape.at(-1)!
  const isLast = attrs.dim === -1 || attrs.dim === rank - 1
  if (!isLast || dtype !== 'float32' || columns % 4 !== 0 || size === 0) return stock(args)
  const out = backend.makeOutput(shape, 'float32')
  const work = { units: size / columns, operations: 16 * size }
  const [x, y] = [addressOf(backend, inputs.logits), addressOf(backend, out)]
  withScratch(backend, 16, threadsOf(backend), (scratch, step) => {
    runUnits(backend, 'softmax', work, [x, y, scratch, step, columns])
  })
  return out
}
