import { dropout } from '@rectified-flow/backends'
import { type Coupling, createRng, drawUniform, type Rng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import {
  alone,
  type BatchLoss,
  type Communicator,
  dynamicLossScale,
  independentCoupling,
  mixtureCoupling,
  onlineCoupling,
  prefetch,
  storedCoupling,
  Trainer,
  type TrainerOptions,
} from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { augment } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { rowStream } from '../src/internal/row-stream.js'
import { ranks } from './ranks.js'

const STEPS = 50
const data = () => createRng(4).uniform([20, 4, 4, 1], -1, 1)

/** Data changed anew in every step, each image by its place in the batch. */
const augmented = (rng: Rng): Coupling<tf.Tensor4D> => ({
  async draw(step, batch) {
    const { x, z } = await independentCoupling(data(), { rng }).draw(step, batch)
    const { images } = await augment(x, { rng: rng.fork('augment').fork(step), p: 0.5 })
    tf.dispose(x)
    return { x: images, z }
  },
})

/** A layer with dropout, and a gate that is drawn once for each sample. */
function setup(communicator: Communicator, options: Partial<TrainerOptions<tf.Tensor4D>> = {}) {
  const [w, unused] = [tf.variable(createRng(2).normal([16, 16])), tf.variable(tf.scalar(1))]
  return new Trainer<tf.Tensor4D>({
    velocity: rng => x =>
      tf.tidy(() => {
        const flat = tf.reshape(x, [x.shape[0], 16])
        const dropped = rng ? dropout(flat, 0.25, rng.fork('layer')) : flat
        const y = tf.matMul(dropped, tf.mul(w, 0.1) as tf.Tensor2D)
        const gate = rng ? drawUniform(rng.fork('gate'), [x.shape[0], 1]) : 1
        return tf.reshape(tf.mul(y, gate), x.shape)
      }),
    weights: new Map<string, tf.Variable>([
      ['w', w],
      ['unused', unused],
    ]),
    coupling: augmented(createRng(3)),
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 8,
    learningRate: 0.02,
    emaDecay: 0.9,
    clipNorm: 0.5,
    ...options,
    communicator,
  })
}

/** Train n ranks for some steps; the state and the reports of each. */
async function together(n: number, options: Partial<TrainerOptions<tf.Tensor4D>> = {}, steps = STEPS) {
  const trainers = (n === 1 ? [alone] : ranks(n)).map(one => setup(one, options))
  const runs = trainers.map(async trainer => {
    const reports = []
    for (let i = 0; i < steps; i++) reports.push(await trainer.advance())
    await trainer.checkRanks()
    return { reports, state: await trainer.state() }
  })
  const results = await Promise.all(runs)
  for (const trainer of trainers) trainer.dispose()
  return results
}

const numbersOf = ({ state }: Awaited<ReturnType<typeof together>>[number]) =>
  [...state.tensors.values()].flatMap(({ data }) => [...data])

describe('several ranks', () => {
  const couplings: Record<string, () => Coupling<tf.Tensor4D>> = {
    augmented: () => augmented(createRng(3)),
    independent: () => independentCoupling(data(), { rng: createRng(3) }),
    stored: () => storedCoupling({ x: data(), z: tf.mul(data(), 0.5) }, { rng: createRng(3) }),
    'online, prefetched': () =>
      prefetch(onlineCoupling(z => tf.mul(z, 0.5), { shape: [4, 4, 1], rng: createRng(3) })),
    mixture: () =>
      mixtureCoupling([{ coupling: independentCoupling(data(), { rng: createRng(3) }), weight: 1 }], {
        rng: createRng(5),
      }),
  }
  it.each(Object.keys(couplings))('do the steps of one process with the whole batch: %s', async name => {
    const [one] = await together(1, { coupling: couplings[name]!() })
    const [first, second] = await together(2, { coupling: couplings[name]!() })
    expect(one!.reports.map(({ skipped }) => skipped)).not.toContain(true)
    await expectClose(numbersOf(first!), numbersOf(one!), sum)
    expect(second!.state).toEqual(first!.state)
    expect(first!.reports.map(({ times }) => [...times])).toEqual(one!.reports.map(({ times }) => [...times]))
    expect(second!.reports).toEqual(first!.reports)
  })

  it.each([
    [4, 2],
    [2, 4],
    [2, 8],
    [4, 1],
  ])('divide micro-batches too: %i ranks, %i parts', async (size, microBatches) => {
    const [one] = await together(1, { microBatches }, 5)
    const all = await together(size, { microBatches }, 5)
    for (const rank of all) await expectClose(numbersOf(rank), numbersOf(one!), sum)
  })

  it('have the same bits twice', async () => {
    const [[one], [other]] = [await together(2), await together(2)]
    expect(one!.state).toEqual(other!.state)
  })

  it('agree which steps are skipped, when the data of one are not finite', async () => {
    const coupling: Coupling<tf.Tensor4D> = {
      async draw(step, batch) {
        const { x, z } = await augmented(createRng(3)).draw(step, batch)
        const bad = tf.reshape(tf.oneHot(tf.tensor1d([7], 'int32'), batch), [batch, 1, 1, 1]) // a sample of the last rank
        return { x: step % 3 === 1 ? tf.where(tf.cast(bad, 'bool'), Number.NaN, x) : x, z }
      },
    }
    const options = { coupling, lossScale: dynamicLossScale({ growAfter: 3 }) }
    const [one] = await together(1, options, 10)
    const [first, second] = await together(2, options, 10)
    expect(first!.reports.map(({ skipped }) => skipped)).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 0, 0].map(Boolean))
    expect(second!.state).toEqual(first!.state)
    expect(first!.state).toMatchObject({ step: 10, skipped: 3, lossScale: one!.state.lossScale! })
    await expectClose(numbersOf(first!), numbersOf(one!), sum)
  })

  it('take the state of rank 0, and go on from one of another number of ranks', async () => {
    const [whole] = await together(1)
    const [half] = await together(4, {}, 20)
    const trainers = ranks(2).map(one => setup(one))
    trainers[0]!.restore(half!.state)
    const runs = trainers.map(async trainer => {
      await trainer.broadcast()
      expect(trainer.step).toBe(20)
      while (trainer.step < STEPS) await trainer.advance()
      return { reports: [], state: await trainer.state() }
    })
    for (const run of await Promise.all(runs)) await expectClose(numbersOf(run), numbersOf(whole!), sum)
  })

  it('notice on every rank when the weights of one differ', async () => {
    const trainers = ranks(3).map(one => setup(one, { batch: 6 }))
    await Promise.all(trainers.map(trainer => trainer.advance()))
    const state = await trainers[2]!.state()
    state.tensors.get('weight/w')!.data[3]! += 1e-7
    trainers[2]!.restore(state)
    const message =
      'reflow.Trainer.checkRanks: weights must be the same on all ranks, got others than those of rank 0 on 2.'
    const checks = await Promise.allSettled(trainers.map(trainer => trainer.checkRanks()))
    expect(checks.map(check => (check as PromiseRejectedResult).reason.message)).toEqual([
      message,
      message,
      message,
    ])
  })

  it('refuse to begin with different settings', async () => {
    const trainers = ranks(2).map((one, i) => setup(one, { batch: 8 * (i + 1) }))
    const message =
      'reflow.Trainer.advance: settings and weights must be the same on all ranks, got others than those of rank 0 on 1.'
    const steps = await Promise.allSettled(trainers.map(trainer => trainer.advance()))
    expect(steps.map(step => (step as PromiseRejectedResult).reason.message)).toEqual([message, message])
  })

  it('say which batches cannot be divided', () => {
    const [one] = ranks(4) as [Communicator]
    expect(() => setup(one, { batch: 6 })).toThrow(
      'reflow.Trainer: batch must be a multiple of the 4 ranks, got 6.',
    )
    expect(() => setup(one, { batch: 12, microBatches: 3 })).toThrow(
      'reflow.Trainer: microBatches must divide the 4 ranks or be a multiple of them, got 3.',
    )
    expect(() => setup(one, { batch: 4 })).toThrow(
      'reflow.Trainer: batch must give each rank at least 2 samples, or microBatches must be 4, got batch 4 on 4 ranks.',
    )
    expect(() => setup({} as Communicator)).toThrow(
      'reflow.Trainer: communicator must be a Communicator such as `alone`',
    )
    const premetric: BatchLoss = {
      start: () => tf.zeros([1]),
      compare: (prediction, target, _, memory) => ({ losses: squaredL2(prediction, target), memory }),
    }
    expect(() => setup(one, { premetric })).toThrow(
      'reflow.Trainer: communicator.size must be 1 with a loss of a whole batch, got 4.',
    )
  })
})

describe('rowStream', () => {
  const draws: Record<string, (rng: Rng, rows: number) => ArrayLike<number>> = {
    uniforms: (rng, rows) => rng.uniforms(3 * rows),
    normals: (rng, rows) => rng.normals(3 * rows),
    integers: (rng, rows) => rng.integers(rows, 100),
    uniform: (rng, rows) => rng.uniform([rows, 2], -1, 2).dataSync(),
    normal: (rng, rows) => rng.normal([rows, 5]).dataSync(),
    'a fork': (rng, rows) => rng.fork('a').uniforms(rows),
  }
  it.each(Object.keys(draws))('has the rows of the whole batch, draw after draw: %s', name => {
    const draw = draws[name]!
    const whole = createRng(1)
    const pieces = [0, 2, 4].map(first => rowStream(createRng(1), { first, count: 2 }, 6))
    for (let i = 0; i < 3; i++)
      expect(pieces.flatMap(rng => [...Array.from(draw(rng, 2))])).toEqual([...Array.from(draw(whole, 6))])
  })

  it('refuses draws that are not row by row', () => {
    const rng = rowStream(createRng(1), { first: 2, count: 2 }, 6)
    expect(() => rng.uniforms(3)).toThrow(
      'reflow.Trainer: each draw from rng must give the same count of numbers to each of the 2 samples of this rank, got 3 numbers.',
    )
    expect(() => rng.permutation(6)).toThrow(
      'rng must draw row by row on several ranks, got a permutation of 6.',
    )
    expect(() => rng.reserve(2)).toThrow(
      "a rank's random words must begin at a multiple of 4, got one past it by 2.",
    )
  })
})
