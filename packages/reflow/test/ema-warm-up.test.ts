import { createRng, type Field } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { emaWarmUp, Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

it('is (1 + n) / (10 + n) at update n, until that is the decay', () => {
  const decay = emaWarmUp(0.9)
  expect([1, 2, 40, 79, 80, 81, 1e6].map(decay)).toEqual([2 / 11, 3 / 12, 41 / 50, 80 / 89, 0.9, 0.9, 0.9])
  expect(emaWarmUp(0)(1)).toBe(0)
  expect(() => emaWarmUp(1.5)).toThrow('reflow.emaWarmUp: decay must be a number in [0, 1], got 1.5.')
})

/** Weight and average after a short run whose weight goes from 5 towards the best one, 0.5. */
async function shortRun(emaDecay?: () => number): Promise<{ weight: number; average: number }> {
  const a = tf.tidy(() => tf.variable(tf.scalar(5)))
  const field: Field = x => tf.mul(x, a)
  const trainer = new Trainer({
    velocity: () => field,
    weights: new Map([['a', a]]),
    coupling: {
      async draw(step, batch) {
        const z = createRng(3).fork(step).normal([batch, 2, 2, 1])
        return { z, x: tf.mul(z, 0.5) }
      },
    },
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 16,
    learningRate: 0.1,
    ...(emaDecay && { emaDecay }),
  })
  for (let i = 0; i < 100; i++) await trainer.advance()
  const average = trainer.ema.get('a')!
  const [weight, mean] = [(await a.data())[0]!, (await average.data())[0]!]
  trainer.dispose()
  a.dispose()
  return { weight, average: mean }
}

it('lets a short run end with an average that has nothing of the initial weights', async () => {
  const { weight, average } = await shortRun()
  expect(weight).toBeLessThan(1)
  expect(Math.abs(average - weight)).toBeLessThan(0.2)
  const constant = await shortRun(() => 0.9999)
  expect(constant.weight).toBe(weight)
  expect(constant.average).toBeGreaterThan(4.9)
})
