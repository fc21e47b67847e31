import { type Coupling, createRng } from '@rectified-flow/core'
import { assign, optimalTransportCoupling, sinkhorn } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const costs = fc
  .integer({ min: 1, max: 6 })
  .chain(n =>
    fc
      .array(fc.integer({ min: -20, max: 20 }), { minLength: n * n, maxLength: n * n })
      .map(cost => ({ n, cost })),
  )

/** Every order of 0..n-1. */
function* orders(n: number): Generator<number[]> {
  if (n === 0) yield []
  else
    for (const rest of orders(n - 1))
      for (let i = 0; i < n; i++) yield [...rest.slice(0, i), n - 1, ...rest.slice(i)]
}

describe('assign', () => {
  it('costs no more than any other assignment', () => {
    fc.assert(
      fc.property(costs, ({ n, cost }) => {
        const total = (columns: ArrayLike<number>) =>
          Array.from(columns, (column, row) => cost[row * n + column]!).reduce((a, b) => a + b, 0)
        const best = Math.min(...[...orders(n)].map(total))
        expect(total(assign(cost, n))).toBe(best)
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it('refuses costs that are not a finite square', () => {
    expect(() => assign([1, 2, 3], 2)).toThrow('reflow.assign: cost must hold 2 x 2 numbers, got 3.')
    expect(() => assign([1, Number.NaN, 0, 0], 2)).toThrow(
      'reflow.assign: cost must be finite, got NaN at index 1.',
    )
  })
})

describe('sinkhorn', () => {
  it('has the closed form of two points', async () => {
    // P = [[a, 1/2 - a], [1/2 - a, a]] with a / (1/2 - a) = exp((c01 + c10 - c00 - c11) / (2 epsilon)).
    const [cost, epsilon] = [[0.3, 1.1, 0.8, 0.2], 0.7]
    const odds = Math.exp((1.1 + 0.8 - 0.3 - 0.2) / (2 * epsilon))
    const a = (0.5 * odds) / (1 + odds)
    const plan = sinkhorn(cost, 2, { epsilon, tolerance: 1e-13 })
    await expectClose(plan, [a, 0.5 - a, 0.5 - a, a], { rtol: 1e-11, atol: 0 })
  })

  it('has the sums that were asked for, and goes to the assignment with epsilon', () => {
    const n = 12
    const cost = createRng(5).normals(n * n)
    const smooth = sinkhorn(cost, n, { epsilon: 0.5, tolerance: 1e-9 })
    for (let i = 0; i < n; i++) {
      const row = smooth.subarray(i * n, (i + 1) * n)
      expect(row.reduce((a, b) => a + b, 0) * n).toBeCloseTo(1, 8)
      const column = smooth.filter((_, at) => at % n === i)
      expect(column.reduce((a, b) => a + b, 0) * n).toBeCloseTo(1, 8)
    }
    const least = assign(cost, n).reduce((sum, column, row) => sum + cost[row * n + column]!, 0) / n
    for (const epsilon of [0.5, 0.2, 0.05]) {
      const mean = sinkhorn(cost, n, { epsilon }).reduce((sum, p, at) => sum + p * cost[at]!, 0)
      expect(mean - least).toBeGreaterThan(-0.01) // sums are right to 1e-3
      expect(mean - least).toBeLessThan(epsilon * Math.log(n)) // the entropy's range
    }
  })

  it('says that it did not converge', () => {
    const cost = createRng(5).normals(36)
    expect(() => sinkhorn(cost, 6, { epsilon: 1e-4, iterations: 3 })).toThrow(
      /^reflow\.sinkhorn: sums must be within 0\.001 of 1\/n after 3 iterations, got .*\. Raise epsilon\.$/,
    )
  })
})

describe('optimalTransportCoupling', () => {
  /** z of a batch is its data in another order, with a little noise: the best pairing undoes the order. */
  const shuffled: Coupling = {
    async draw(step, batch) {
      const rng = createRng(9).fork(step)
      const x = rng.normal([batch, 2, 3, 1]) as tf.Tensor4D
      const order = tf.tensor1d(rng.permutation(batch), 'int32')
      const z = tf.tidy(() => tf.add(tf.gather(x, order), tf.mul(rng.normal(x.shape), 1e-3))) as tf.Tensor4D
      order.dispose()
      return { x, z, labels: tf.tidy(() => tf.reshape(tf.range(0, batch), [batch, 1])) }
    },
  }

  it.each([
    ['exact', {}],
    ['sinkhorn', { method: 'sinkhorn', epsilon: 0.02, rng: createRng(2) }],
  ] as const)('%s: finds the nearest noise of each', async (_, options) => {
    const drawn = await shuffled.draw(3, 16)
    const { x, z, labels } = await optimalTransportCoupling(shuffled, options).draw(3, 16)
    await expectClose(x, drawn.x, exact)
    await expectClose(labels!, drawn.labels!, exact)
    await expectClose(z, x, { rtol: 0, atol: 0.01 })
  })

  it('picks from the plan by its probabilities', async () => {
    // Two points, one number each, both noises equally far: every pairing is as good, and one plan entry is 1/4.
    const even: Coupling = {
      draw: async () => ({ x: tf.zeros([2, 1, 1, 1]), z: tf.tensor4d([-1, 1], [2, 1, 1, 1]) }),
    }
    const coupling = optimalTransportCoupling(even, { method: 'sinkhorn', epsilon: 1, rng: createRng(4) })
    let total = 0
    for (let step = 0; step < 400; step++) total += (await coupling.draw(step, 2)).z.dataSync()[0]!
    expect(Math.abs(total / 400)).toBeLessThan(5 / Math.sqrt(400))
  })

  it('leaks nothing but the pairs, nor where it throws', () =>
    expectNoLeak(async () => {
      const { x, z, labels } = await optimalTransportCoupling(shuffled).draw(0, 4)
      tf.dispose([x, z, labels!])
      const options = {
        method: 'sinkhorn',
        epsilon: 1,
        iterations: 1,
        tolerance: 0,
        rng: createRng(2),
      } as const
      await expect(optimalTransportCoupling(shuffled, options).draw(0, 4)).rejects.toThrow('Raise epsilon')
    }))
})
