import { type Coupling, createRng } from '@rectified-flow/core'
import { optimalTransportCoupling } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

describe('optimalTransportCoupling', () => {
  /** z of a batch is its data in another order, with a little noise: the best pairing undoes the order. */
  const shuffled: Coupling = {
    async draw(step, batch) {
      const rng = createRng(9).fork(step)
      const x = rng.normal([batch, 2, 3, 1])
      const order = tf.tensor1d(rng.permutation(batch), 'int32')
      const z = tf.tidy(() => tf.add(tf.gather(x, order), tf.mul(rng.normal(x.shape), 1e-3))) as tf.Tensor4D
      order.dispose()
      return { x, z, labels: tf.tidy(() => tf.reshape(tf.range(0, batch), [batch, 1])) }
    },
  }

  it.each([
    ['exact', {}],
    ['sinkhorn', { method: 'sinkhorn', epsilon: 0.02, rng: createRng(2) }],
  ] as const)('%s: finds the nearest noise of each sample', async (_, options) => {
    const drawn = await shuffled.draw(3, 16)
    const { x, z, labels } = await optimalTransportCoupling(shuffled, options).draw(3, 16)
    await expectClose(x, drawn.x, exact)
    await expectClose(labels!, drawn.labels!, exact)
    await expectClose(z, x, { rtol: 0, atol: 0.01 })
  })

  it('draws pairs with the probabilities of the plan', async () => {
    // Two points of one number, equally far from both noises: all pairings cost the same, and each plan entry is 1/4.
    const even: Coupling = {
      draw: async () => ({ x: tf.zeros([2, 1, 1, 1]), z: tf.tensor4d([-1, 1], [2, 1, 1, 1]) }),
    }
    const coupling = optimalTransportCoupling(even, { method: 'sinkhorn', epsilon: 1, rng: createRng(4) })
    let total = 0
    for (let step = 0; step < 400; step++) {
      const { z } = await coupling.draw(step, 2)
      total += (await z.data())[0]!
    }
    expect(Math.abs(total / 400)).toBeLessThan(5 / Math.sqrt(400))
  })

  it('leaks nothing but the pairs, also when it throws', () =>
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
