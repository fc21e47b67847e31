import { createRng } from '@rectified-flow/core'
import { linearAssignment, sinkhorn } from '@rectified-flow/reflow/transport'
import { expectClose } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

describe('sinkhorn', () => {
  it('has the closed form of two points', async () => {
    // P = [[a, 1/2 - a], [1/2 - a, a]] with a / (1/2 - a) = exp((c01 + c10 - c00 - c11) / (2 epsilon)).
    const [cost, epsilon] = [[0.3, 1.1, 0.8, 0.2], 0.7]
    const odds = Math.exp((1.1 + 0.8 - 0.3 - 0.2) / (2 * epsilon))
    const a = (0.5 * odds) / (1 + odds)
    const plan = sinkhorn(cost, 2, { epsilon, tolerance: 1e-13 })
    await expectClose(plan, [a, 0.5 - a, 0.5 - a, a], { rtol: 1e-11, atol: 0 })
  })

  it('has sums of 1/n, and tends to the assignment for small epsilon', () => {
    const n = 12
    const cost = createRng(5).normals(n * n)
    const smooth = sinkhorn(cost, n, { epsilon: 0.5, tolerance: 1e-9 })
    for (let i = 0; i < n; i++) {
      const row = smooth.subarray(i * n, (i + 1) * n)
      expect(row.reduce((a, b) => a + b, 0) * n).toBeCloseTo(1, 8)
      const column = smooth.filter((_, at) => at % n === i)
      expect(column.reduce((a, b) => a + b, 0) * n).toBeCloseTo(1, 8)
    }
    const least = linearAssignment(cost, n).reduce((sum, column, row) => sum + cost[row * n + column]!, 0) / n
    for (const epsilon of [0.5, 0.2, 0.05]) {
      const mean = sinkhorn(cost, n, { epsilon }).reduce((sum, p, at) => sum + p * cost[at]!, 0)
      expect(mean - least).toBeGreaterThan(-0.01) // the sums are correct to 1e-3
      expect(mean - least).toBeLessThan(epsilon * Math.log(n)) // entropies of plans differ by at most log n
    }
  })

  it('throws if it does not converge', () => {
    const cost = createRng(5).normals(36)
    expect(() => sinkhorn(cost, 6, { epsilon: 1e-4, iterations: 3 })).toThrow(
      /^reflow\.sinkhorn: sums must be within 0\.001 of 1\/n after 3 iterations, got .*\. Raise epsilon\.$/,
    )
  })
})
