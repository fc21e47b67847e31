import type { HostTensor } from '@rectified-flow/checkpoints'
import { createRng, type Field, type Weights } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { type AverageProfile, Ema, postHocWeights, powerEma, Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { combineWeights } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const even = (sigmaRel: number, count: number, end: number): AverageProfile[] =>
  Array.from({ length: count }, (_, i) => ({ sigmaRel, update: ((i + 1) * end) / count }))

it('gives a snapshot back, and none that is there twice', () => {
  const snapshots = [...even(0.05, 8, 800), ...even(0.1, 8, 800)]
  for (const i of [0, 5, 15]) {
    const weights = postHocWeights(snapshots, snapshots[i]!)
    for (const [j, weight] of weights.entries()) expect(weight).toBeCloseTo(i === j ? 1 : 0, 8)
  }
  const twice = postHocWeights([...snapshots, ...snapshots], { sigmaRel: 0.15, update: 800 })
  const once = postHocWeights(snapshots, { sigmaRel: 0.15, update: 800 })
  expect(twice.every(weight => Math.abs(weight) < 2)).toBe(true)
  expect(twice.reduce((a, b) => a + b)).toBeCloseTo(
    once.reduce((a, b) => a + b),
    6,
  )
})

it('meets other profiles as closely as it says', () => {
  const end = 3200
  const density = ({ sigmaRel, update }: AverageProfile) => {
    const gamma = Math.log(powerEma({ sigmaRel })(2)) / Math.log(0.5) - 1
    return (t: number) => (t > update ? 0 : ((gamma + 1) * (t / update) ** gamma) / update)
  }
  const missed = (snapshots: AverageProfile[], sigmaRel: number) => {
    const target = { sigmaRel, update: end }
    const weights = postHocWeights(snapshots, target)
    const [wanted, parts] = [density(target), snapshots.map(density)]
    let [error, size] = [0, 0]
    for (let t = 0.5; t < end; t++) {
      const met = parts.reduce((sum, part, i) => sum + weights[i]! * part(t), 0)
      error += (met - wanted(t)) ** 2
      size += wanted(t) ** 2
    }
    return Math.sqrt(error / size)
  }
  const both = [...even(0.05, 32, end), ...even(0.1, 32, end)]
  for (const sigmaRel of [0.04, 0.07, 0.15, 0.2]) expect(missed(both, sigmaRel)).toBeLessThan(0.007)
  expect(missed(both, 0.25)).toBeLessThan(0.035)
  expect(missed(even(0.05, 32, end), 0.2)).toBeGreaterThan(0.1)
})

/** Host tensors of weights. */
async function snapshotOf(weights: Weights): Promise<Map<string, HostTensor>> {
  const entries = [...weights].map(async ([name, weight]) => {
    const data = Float32Array.from(await weight.data())
    return [name, { dtype: 'F32', shape: weight.shape, data }] as [string, HostTensor]
  })
  return new Map(await Promise.all(entries))
}

it('makes an average after the training that was never kept', async () => {
  const a = tf.tidy(() => tf.variable(tf.fill([3], 5)))
  const weights = new Map([['a', a]])
  const field: Field = x => tf.mul(x, a)
  const trainer = new Trainer({
    velocity: () => field,
    weights,
    coupling: {
      async draw(step, batch) {
        const z = createRng(3).fork(step).normal([batch, 3])
        return { z, x: tf.mul(z, 0.5) }
      },
    },
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 4,
    learningRate: 0.02,
    emaDecay: powerEma({ sigmaRel: 0.05 }),
  })
  const [steps, every] = [320, 20]
  const second = new Ema(weights, { decay: powerEma({ sigmaRel: 0.1 }) })
  const wanted = new Ema(weights, { decay: powerEma({ sigmaRel: 0.2 }) })
  const snapshots: Map<string, HostTensor>[] = []
  const profiles: AverageProfile[] = []
  for (let step = 1; step <= steps; step++) {
    await trainer.advance()
    second.update()
    wanted.update()
    if (step % every !== 0) continue
    snapshots.push(await snapshotOf(trainer.ema), await snapshotOf(second.weights))
    profiles.push({ sigmaRel: 0.05, update: step }, { sigmaRel: 0.1, update: step })
  }
  expect(wanted.updates).toBe(steps)
  const target = { sigmaRel: 0.2, update: steps }
  const found = (await combineWeights(snapshots, postHocWeights(profiles, target))).get('a')!
  const expected = await wanted.weights.get('a')!.data()
  const last = await trainer.ema.get('a')!.data()
  for (const [i, value] of (found.data as Float32Array).entries()) {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(0.02)
    expect(Math.abs(last[i]! - expected[i]!)).toBeGreaterThan(0.1) // what was kept is another average
  }
  second.dispose()
  wanted.dispose()
  trainer.dispose()
})

it('Ema follows its decay, and owns its averages only', () =>
  expectNoLeak(() => {
    const weight = tf.tidy(() => tf.variable(tf.scalar(4)))
    const ema = new Ema(new Map([['w', weight]]), { decay: update => 1 / (update + 1) })
    for (const value of [1, 7]) {
      tf.tidy(() => weight.assign(tf.scalar(value)))
      ema.update()
    }
    // (4 + 1) / 2, then a third of it and two thirds of 7.
    expect(ema.weights.get('w')!.dataSync()[0]).toBeCloseTo(2.5 / 3 + 14 / 3, 5)
    ema.dispose()
    expect(weight.isDisposed).toBe(false)
    weight.dispose()
  }))

it('says what is wrong', () => {
  expect(() => postHocWeights([], { sigmaRel: 0.1, update: 1 })).toThrow(
    'reflow.postHocWeights: snapshots must hold at least 1 average, got 0.',
  )
  expect(() => postHocWeights([{ sigmaRel: 0.1, update: 0 }], { sigmaRel: 0.1, update: 1 })).toThrow(
    'reflow.postHocWeights: snapshots[0].update must be a finite number >= 1, got 0.',
  )
})
