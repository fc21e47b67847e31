import { onCpu } from './on-cpu.js'
import type { Numbers, Value } from './value.js'

/** A constant without its batch axis: that axis has length 1, so that it broadcasts. */
export function oneRow(value: Value): { shape: number[]; numbers: Numbers } {
  const { shape, dims } = value
  const axis = dims.indexOf(-1)
  const numbers = value.numbers!
  if (axis < 0) return { shape, numbers }
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const block = shape[axis]! * inner
  const kept = numbers.filter((_, i) => i % block < inner)
  for (let i = 0; i < numbers.length; i++)
    if (!Object.is(numbers[i], kept[Math.floor(i / block) * inner + (i % inner)]))
      throw new RangeError(
        `backends.toOnnx: fn must treat every sample of a batch alike, got a constant [${shape}] whose rows differ.`,
      )
  return { shape: shape.map((side, i) => (i === axis ? 1 : side)), numbers: kept }
}

/** A constant with its axes in another order. */
export function permuted(shape: readonly number[], numbers: Numbers, perm: readonly number[]) {
  const dtype = numbers instanceof Int32Array ? 'int32' : numbers instanceof Uint8Array ? 'bool' : 'float32'
  const x: Value = { shape: [...shape], dims: [...shape], dtype, isConstant: true, numbers }
  return onCpu('Transpose', { x }, { perm })[0]!
}
