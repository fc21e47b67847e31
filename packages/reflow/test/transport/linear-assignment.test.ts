import { linearAssignment } from '@rectified-flow/reflow/transport'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const costs = fc
  .integer({ min: 1, max: 6 })
  .chain(n =>
    fc
      .array(fc.integer({ min: -20, max: 20 }), { minLength: n * n, maxLength: n * n })
      .map(cost => ({ n, cost })),
  )

/** All orders of 0..n-1. */
function* orders(n: number): Generator<number[]> {
  if (n === 0) yield []
  else
    for (const rest of orders(n - 1))
      for (let i = 0; i < n; i++) yield [...rest.slice(0, i), n - 1, ...rest.slice(i)]
}

describe('linearAssignment', () => {
  it('costs no more than any other assignment', () => {
    fc.assert(
      fc.property(costs, ({ n, cost }) => {
        const total = (columns: ArrayLike<number>) =>
          Array.from(columns, (column, row) => cost[row * n + column]!).reduce((a, b) => a + b, 0)
        const best = Math.min(...[...orders(n)].map(total))
        expect(total(linearAssignment(cost, n))).toBe(best)
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it('refuses costs that are not a finite square', () => {
    expect(() => linearAssignment([1, 2, 3], 2)).toThrow(
      'reflow.linearAssignment: cost must hold 2 x 2 numbers, got 3.',
    )
    expect(() => linearAssignment([1, Number.NaN, 0, 0], 2)).toThrow(
      'reflow.linearAssignment: cost must be finite, got NaN at index 1.',
    )
  })
})
