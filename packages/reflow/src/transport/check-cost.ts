import { checkInt, NumericError } from '@rectified-flow/core'

/** Throw unless `cost` is n x n and finite. */
export function checkCost(where: string, cost: ArrayLike<number>, n: number): void {
  checkInt(where, 'n', n, 1)
  if (cost.length !== n * n)
    throw new RangeError(`${where}: cost must hold ${n} x ${n} numbers, got ${cost.length}.`)
  for (let i = 0; i < cost.length; i++)
    if (!Number.isFinite(cost[i]))
      throw new NumericError('non-finite', `${where}: cost must be finite, got ${cost[i]} at index ${i}.`)
}
