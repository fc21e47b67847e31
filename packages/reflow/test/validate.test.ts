import { type Coupling, createRng, interpolate } from '@rectified-flow/core'
import { holdOut, pairSet } from '@rectified-flow/datasets'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { storedCoupling, type TrainerOptions } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { failing, numbers, setup } from './tiny-trainer.js'

/** Pairs x = 0.4 z, which differ from those of training. */
const held: Coupling = {
  async draw(step, batch) {
    const z = createRng(9).fork(step).normal([batch, 2, 2, 1]) as tf.Tensor4D
    return { z, x: tf.mul(z, 0.4) }
  },
}

/** The definition, with v = a x + b. */
async function lossOf(a: number, b: number, batches: number): Promise<number> {
  let sum = 0
  for (let k = 0; k < batches; k++) {
    const { x, z } = await held.draw(k, 16)
    const t = uniform().sample(16, createRng(1).fork('validation').fork(k))
    const v = tf.add(tf.mul(interpolate(x, z, t), a), b)
    sum += (await tf.mean(squaredL2(v, tf.sub(z, x))).data())[0]! / batches
  }
  return sum
}

describe('validate', () => {
  it('is the mean loss of the first pairs of a coupling at fixed times, with the averaged weights', async () => {
    const { a, b, trainer } = setup()
    for (let i = 0; i < 3; i++) await trainer.advance()
    const valuesOf = (weights: tf.Tensor[]) =>
      Promise.all(weights.map(async weight => (await weight.data())[0]!)) as Promise<[number, number]>
    const value = await valuesOf([a, b])
    const mean = await valuesOf([trainer.ema.get('a')!, trainer.ema.get('b')!])
    expect(await trainer.validate(held, { batches: 3 })).toBeCloseTo(await lossOf(...mean, 3), 5)
    expect(await trainer.validate(held, { batches: 3, averaged: false })).toBeCloseTo(
      await lossOf(...value, 3),
      5,
    )
    expect(Math.abs((await lossOf(...mean, 3)) - (await lossOf(...value, 3)))).toBeGreaterThan(1e-3)
    expect(await trainer.validate(held)).toBe(await trainer.validate(held))
  })

  it.each<Partial<TrainerOptions>>([{}, { microBatches: 4, clipNorm: 1 }])(
    'does not change what training does, also if steps are under way: %o',
    async options => {
      const [whole, validated] = [setup(options).trainer, setup(options).trainer]
      for (let i = 0; i < 9; i++) await whole.advance()
      const found: Promise<number>[] = []
      const steps = Array.from({ length: 9 }, (_, i) => {
        if (i % 2 === 1) found.push(validated.validate(held, { batches: 2 }))
        return validated.advance()
      })
      await Promise.all(steps)
      await expectClose(await numbers(validated), await numbers(whole), exact)
      expect(validated.why).toBe(whole.why)
      const again = setup(options).trainer
      for (const [i, loss] of found.entries()) {
        while (again.step < 2 * i + 1) await again.advance()
        expect(await again.validate(held, { batches: 2 })).toBe(await loss)
      }
    },
  )

  it('has no dropout, and gives the labels of the pairs', async () => {
    const seen: unknown[] = []
    const labelled: Coupling = {
      draw: async (step, batch) => ({
        ...(await held.draw(step, batch)),
        labels: tf.zeros([batch, step + 1]),
      }),
    }
    const a = tf.tidy(() => tf.variable(tf.scalar(0.1)))
    const { trainer } = setup({
      velocity: (rng, labels) => x => {
        seen.push(rng, labels?.shape)
        return tf.mul(x, a)
      },
      weights: new Map([['a', a]]),
    })
    await trainer.validate(labelled, { batches: 2 })
    expect(seen).toEqual([undefined, [16, 1], undefined, [16, 2]])
  })

  it('takes the part of a set of pairs that was held out', async () => {
    const pairs = pairSet({
      images: new Uint8Array(400).map((_, i) => i),
      height: 2,
      width: 2,
      channels: 1,
      seed: 1,
    })
    const { training, heldOut } = holdOut(pairs, { share: 0.2 })
    const { trainer } = setup({ coupling: storedCoupling(training, { rng: createRng(2) }) })
    const coupling = storedCoupling(heldOut, { rng: createRng(3) })
    const before = await trainer.validate(coupling)
    for (let i = 0; i < 40; i++) await trainer.advance()
    expect(await trainer.validate(coupling)).toBeLessThan(0.9 * before)
  })

  it('leaks nothing, also when it throws, and leaves the weights in their places', async () => {
    const { a, trainer } = setup()
    await trainer.advance()
    const before = [a.dataId, trainer.ema.get('a')!.dataId]
    await expectNoLeak(async () => void (await trainer.validate(held, { batches: 2 })))
    const { trainer: broken } = setup({ premetric: failing(2, squaredL2) })
    const tensors = tf.memory().numTensors
    await expect(broken.validate(held)).rejects.toThrow('it fails')
    expect(tf.memory().numTensors).toBe(tensors)
    expect([a.dataId, trainer.ema.get('a')!.dataId]).toEqual(before)
  })

  it('says what is wrong', async () => {
    const { trainer } = setup()
    await expect(trainer.validate(held, { batches: 0 })).rejects.toThrow(
      'reflow.Trainer.validate: batches must be an integer >= 1, got 0.',
    )
    await expect(trainer.validate(held, { batch: 4 } as never)).rejects.toThrow(
      "reflow.Trainer.validate: options must be of batches, averaged, got 'batch'.",
    )
    const short: Coupling = { draw: step => held.draw(step, 3) }
    await expect(trainer.validate(short)).rejects.toThrow(
      'reflow.Trainer.validate: pairs.x must have shape [16,',
    )
  })
})
