import { checkInt } from '@rectified-flow/core'

/** Throw unless there is at least one index and each is in [0, count). */
export function checkIndices(where: string, indices: ArrayLike<number>, count: number): void {
  if (indices.length === 0) throw new RangeError(`${where}: indices must hold at least 1 index, got 0.`)
  for (let i = 0; i < indices.length; i++) checkInt(where, `indices[${i}]`, indices[i]!, 0, count - 1)
}
