import { readFileSync } from 'node:fs'
import { type Coupling, createRng, type Field } from '@rectified-flow/core'
import { START_TIME, Trainer } from '@rectified-flow/reflow'
import { type FrechetLossOptions, frechetLoss } from '@rectified-flow/reflow/objectives'
import { exact, expectClose, type Tolerance } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

interface Golden {
  made: { decay: number }
  reference: { mean: number[]; covariance: number[] }
  steps: { features: number[][]; distance: number; gradient: number[][] }[]
}
const path = new URL('../../../../test/golden/objectives/frechet.json', import.meta.url)
const { made, reference, steps } = JSON.parse(readFileSync(path, 'utf8')) as Golden
/** What LEAST adds to the smallest eigenvalues shows in the fourth digit. */
const roots: Tolerance = { rtol: 1e-3, atol: 1e-3 }

const identity = (x: tf.Tensor2D) => tf.clone(x)
const loss = (options: Partial<FrechetLossOptions<tf.Tensor2D>> = {}) =>
  frechetLoss<tf.Tensor2D>({ features: identity, reference, decay: made.decay, ...options }).premetric

/** Losses and memory for features that are the data prediction itself. */
const compare = (features: tf.Tensor2D, memory: tf.Tensor1D) => {
  const zeros = tf.zerosLike(features)
  const context = { t: tf.ones([features.shape[0]]) as tf.Tensor1D, xt: zeros, x: zeros }
  return loss().compare(tf.neg(features), zeros, context, memory)
}

describe('frechetLoss', () => {
  it('has the distance and the gradient of PyTorch, in a first batch and in one with a memory', async () => {
    let memory = loss().start()
    for (const { features, distance, gradient } of steps) {
      const f = tf.tensor2d(features)
      const { losses, memory: next } = compare(f, memory)
      await expectClose(losses, tf.fill([features.length], distance), roots)
      await expectClose(
        tf.grad(f => tf.mean(compare(f as tf.Tensor2D, memory).losses))(f),
        tf.tensor2d(gradient),
        roots,
      )
      memory = next
    }
  })

  it('is 0 and has no gradient where the moments are those of the reference', async () => {
    const whole = createRng(2).normal([64, 3]) as tf.Tensor2D
    const mean = tf.mean(whole, 0)
    const apart: tf.Tensor2D = tf.sub(whole, mean)
    const covariance = tf.div(tf.matMul(apart, apart, true), 64)
    const own = loss({ reference: { mean: mean.dataSync(), covariance: covariance.dataSync() } })
    const context = { t: tf.ones([64]) as tf.Tensor1D, xt: whole, x: whole }
    const value = (f: tf.Tensor) => own.compare(tf.sub(whole, f), whole, context, own.start()).losses
    await expectClose(tf.mean(value(whole)), 0, { rtol: 0, atol: 1e-5 })
    await expectClose(tf.grad(f => tf.mean(value(f)))(whole), tf.zeros([64, 3]), { rtol: 0, atol: 1e-6 })
  })

  it('takes a reference of less than full rank', async () => {
    // |m|² + tr C + tr C' - 2 tr (C' C)^(1/2) = 0 + 1 + 2 - 2: (1, 1) has variance 2 in one direction, (1, 0) has 1 in another
    const own = loss({ reference: { mean: [0, 0], covariance: [1, 1, 1, 1] } })
    const f = tf.tensor2d([
      [1, 0],
      [-1, 0],
    ])
    const context = { t: tf.ones([2]) as tf.Tensor1D, xt: tf.zerosLike(f), x: f }
    const value = (f: tf.Tensor) => tf.mean(own.compare(tf.neg(f), f, context, own.start()).losses)
    await expectClose(value(f), 1, { rtol: 0, atol: 5e-3 })
    // (0, 1) makes it less, as much as (1, 0) makes it more when C is that of one direction
    const [[along, across], rest] = (await tf.grad(value)(f).array()) as [[number, number], number[]]
    expect(rest).toEqual([-along, -across])
    expect(along).toBeCloseTo(0, 2)
    expect(across).toBeCloseTo(-1, 2)
  })

  it.each<[Partial<FrechetLossOptions<tf.Tensor2D>>, string]>([
    [{ decay: 1 }, 'reflow.frechetLoss: decay must be'],
    [
      { reference: { mean: [0, 0], covariance: [1] } },
      'reflow.frechetLoss: reference.covariance must have 4 numbers for 2 features, got 1.',
    ],
    [
      { reference: { mean: [0, 0], covariance: [1, 2, 2, 1] } },
      'reflow.frechetLoss: reference.covariance must be positive semi-definite, got a pivot of -3.',
    ],
    [{ reference: { mean: [NaN], covariance: [1] } }, 'reflow.frechetLoss: reference.mean must be finite'],
  ])('refuses %o', (options, message) => {
    expect(() => loss(options)).toThrow(message)
  })
})

/** A one-step generator of points, x = A z + b: its first output is far from the reference's moments. */
function generator(options: { microBatches?: number } = {}) {
  const gain = tf.tidy(() => tf.variable(tf.tensor2d([1, 0, 0, 1], [2, 2])))
  const shift = tf.tidy(() => tf.variable(tf.tensor1d([0, 0])))
  const field: Field<tf.Tensor2D> = x => tf.sub(x, tf.add(tf.matMul(x, gain), shift))
  const draw = (step: number, batch: number) => {
    const z = createRng(3).fork(step).normal([batch, 2])
    return { z, x: tf.zerosLike(z) }
  }
  const coupling: Coupling<tf.Tensor2D> = { draw }
  const trainer = new Trainer<tf.Tensor2D>({
    ...frechetLoss<tf.Tensor2D>({
      features: identity,
      reference: { mean: [1, -2], covariance: [2, 1, 1, 1] },
      decay: 0.5,
    }),
    velocity: () => field,
    weights: new Map<string, tf.Variable>([
      ['gain', gain],
      ['shift', shift],
    ]),
    coupling,
    rng: createRng(1),
    batch: 64,
    learningRate: 0.03,
    emaDecay: 0.9,
    ...(options.microBatches && { microBatches: options.microBatches }),
  })
  return { trainer, gain, shift, coupling }
}

describe('a trainer of frechetLoss', () => {
  it('gives a generator the moments of the reference', async () => {
    const { trainer, gain, shift } = generator()
    const first = await trainer.advance()
    expect(first.loss).toBeGreaterThan(5)
    expect([...first.times]).toEqual(Array(64).fill(Math.fround(START_TIME)))
    for (let i = 1; i < 250; i++) await trainer.advance()
    await expectClose(shift, tf.tensor1d([1, -2]), { rtol: 0, atol: 0.15 })
    const covariance = tf.matMul(gain as tf.Tensor2D, gain as tf.Tensor2D, true)
    await expectClose(covariance, tf.tensor2d([2, 1, 1, 1], [2, 2]), { rtol: 0, atol: 0.3 })
    expect(await trainer.validate(generator().coupling, { averaged: false })).toBeLessThan(0.2)
  })

  it('goes on with the same bits from a state, which holds the memory', async () => {
    const whole = generator().trainer
    for (let i = 0; i < 6; i++) await whole.advance()
    const before = generator().trainer
    for (let i = 0; i < 3; i++) await before.advance()
    const state = await before.state()
    expect(state.tensors.get('memory')?.data[0]).toBe(1 - 0.5 ** 3)
    const after = generator().trainer
    after.restore(state)
    for (let i = 0; i < 3; i++) await after.advance()
    const [a, b] = [await after.state(), await whole.state()]
    for (const [key, { data }] of b.tensors) await expectClose(a.tensors.get(key)!.data, data, exact)
    state.tensors.delete('memory')
    expect(() => after.restore(state)).toThrow('got 1 missing or of another shape or dtype')
  })

  it('keeps its memory through a skipped step', async () => {
    const { trainer, shift } = generator()
    await trainer.advance()
    const before = (await trainer.state()).tensors.get('memory')
    tf.tidy(() => shift.assign(tf.tensor1d([NaN, 0])))
    expect((await trainer.advance()).skipped).toBe(true)
    expect((await trainer.state()).tensors.get('memory')).toEqual(before)
  })

  it('refuses micro-batches', () => {
    expect(() => generator({ microBatches: 2 })).toThrow(
      'reflow.Trainer: microBatches must be 1 with a loss of a whole batch, got 2.',
    )
  })
})
