import { createRng, doubleBackward, type Interval, interpolate } from '@rectified-flow/core'
import { independentCoupling, sample, Trainer, TWO_STEP_GRID } from '@rectified-flow/reflow'
import {
  alongGrid,
  consistency,
  improvedMeanFlow,
  meanFlow,
  type Objective,
  type ObjectiveOptions,
  rectifiedMeanFlow,
  shortcut,
  splitMeanFlow,
} from '@rectified-flow/reflow/objectives'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { normalAverage, normalData, normalFactor, polynomial } from './plane.js'

const exactly = { jacobianVector: doubleBackward }
/** Where a step is taken with the velocity, the error is that of a short Euler step. */
const objectives: [string, () => ObjectiveOptions, number][] = [
  ['meanFlow', () => meanFlow(exactly), 2e-5],
  ['meanFlow by difference', () => meanFlow(), 2e-4],
  ['improvedMeanFlow', () => improvedMeanFlow(exactly), 2e-5],
  ['rectifiedMeanFlow', () => rectifiedMeanFlow(exactly), 2e-5],
  ['shortcut', () => shortcut({ levels: 8 }), 1e-2],
  ['splitMeanFlow', () => splitMeanFlow(), 2e-5],
  ['consistency', () => consistency({ steps: 256 }), 1e-2],
]

const still = (at: Interval['t']): Interval => ({ t: at, r: at })

describe.each(objectives)('%s in the plane, from normal noise to normal data', (name, options, tolerance) => {
  it('has the known average velocity as its solution: prediction and target are equal there', async () => {
    const { objective, timesteps } = options()
    const rng = createRng(4)
    const [x, z] = [normalData(rng.fork('x').normal([64, 2])), rng.fork('z').normal([64, 2])]
    const [t, s, r] = tf.unstack(timesteps.sample(64, rng), 1) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
    const xt = interpolate(x, z, t)
    const v = normalAverage(xt, still(t)) // the mean of z - x at x_t
    const { prediction, target } = objective(normalAverage, { x, z, xt, v, t, s, r })
    await expectClose(target, prediction, { rtol: 0, atol: tolerance })
    const wrong = objective((x, at) => tf.mul(normalAverage(x, at), tf.reshape(tf.add(1, at.r), [-1, 1])), {
      ...{ x, z, xt, v, t, s, r },
    })
    if (name !== 'consistency')
      expect(tf.max(tf.abs(tf.sub(wrong.target, wrong.prediction))).dataSync()[0]!).toBeGreaterThan(0.01)
  })

  it('gives no gradient to its target, and leaves nothing behind', async () => {
    const { objective } = options()
    const rng = createRng(5)
    const [x, z, t] = [
      rng.fork('x').normal([3, 2]),
      rng.fork('z').normal([3, 2]),
      tf.tensor1d([0.9, 0.7, 0.4]),
    ]
    const [s, r] = [tf.mul(t, 0.6), tf.mul(t, 0.2)] as [tf.Tensor1D, tf.Tensor1D]
    const crossing = { x, z, xt: interpolate(x, z, t), v: tf.sub(z, x), t, s, r }
    const through = (part: 'prediction' | 'target', gain: tf.Tensor) =>
      objective((x, at) => tf.mul(normalAverage(x, at), gain), crossing)[part]
    const predict = (gain: tf.Tensor) => through('prediction', gain)
    // d/dg Σ g target = Σ target only if the target is a constant.
    const weigh = (gain: tf.Tensor) => tf.mul(through('target', gain), gain)
    const gain = tf.scalar(1.5)
    await expectNoLeak(() => tf.dispose([tf.grad(predict)(gain), tf.grad(weigh)(gain)]))
    expect(Math.abs(tf.grad(predict)(gain).dataSync()[0]!)).toBeGreaterThan(0.01)
    await expectClose(tf.grad(weigh)(gain), tf.sum(through('target', gain)), sum)
  })
})

/** How far a step from z is from the flow's s z = 0.5 z on average; without training it is 0.5. */
const trained: [string, () => ObjectiveOptions, number][] = [
  ['meanFlow', () => meanFlow(), 0.1],
  ['improvedMeanFlow', () => improvedMeanFlow(), 0.1],
  ['shortcut', () => shortcut(), 0.1],
  ['splitMeanFlow', () => splitMeanFlow(), 0.1],
  ['consistency', () => consistency({ steps: 16 }), 0.1],
]

it.each(trained)('%s learns one step from noise to data', async (_, options, tolerance) => {
  const rng = createRng(6)
  const gains = tf.tidy(() => tf.variable(tf.zeros([6, 1])))
  const velocity = polynomial(gains)
  const trainer = new Trainer({
    ...options(),
    velocity: () => velocity,
    weights: new Map([['gains', gains]]),
    coupling: independentCoupling(normalData(rng.fork('data').normal([4096, 2])), { rng }),
    rng,
    batch: 256,
    learningRate: step => 0.1 / (1 + step / 50),
    emaDecay: 0.98,
  })
  for (let step = 0; step < 200; step++) await trainer.advance()
  const z = rng.fork('z').normal([512, 2])
  const { x, nfe } = sample(alongGrid(polynomial(trainer.ema.get('gains')!)), z)
  const error = tf.sqrt(tf.mean(tf.square(tf.sub(x, tf.mul(z, 0.5))))).dataSync()[0]!
  expect(nfe).toBe(1)
  expect(error).toBeLessThan(tolerance)
  trainer.dispose()
})

it('has the closed form itself', async () => {
  const [t, r] = [
    [0.9, 0.5, 1, 0.4],
    [0.2, 0.49, 0, 0.4],
  ] as [number[], number[]]
  const factors = t.map((time, i) => [normalFactor(time, r[i]!)])
  const u = normalAverage(tf.ones([4, 1]) as tf.Tensor2D, { t: tf.tensor1d(t), r: tf.tensor1d(r) })
  await expectClose(u, tf.tensor2d(factors), sum)
})

describe('alongGrid', () => {
  it.each([[undefined], [TWO_STEP_GRID], [[1, 0.7, 0.31, 0.3, 0]]])(
    'takes exact steps on %s',
    async times => {
      const z = createRng(7).normal([16, 2])
      const { x, nfe } = sample(alongGrid(normalAverage, times), z, {
        ...(times && { times }),
        noiseScale: 1,
      })
      expect(nfe).toBe(times ? times.length - 1 : 1)
      await expectClose(x, tf.mul(z, 0.5), { ...f32, atol: 2e-5 })
    },
  )

  it('says what is wrong', () => {
    expect(() => alongGrid(normalAverage, [0, 1])).toThrow(
      'reflow.alongGrid: times must be at least 2 falling numbers in [0, 1]',
    )
  })
})

it('takes an objective of ten lines', async () => {
  /** One step from the noise is the pair's line: distillation of pairs. */
  const own: Objective<tf.Tensor2D> = (u, { z, v, t }) => {
    const [start, end] = [tf.onesLike(t), tf.zerosLike(t)]
    return { prediction: u(z, { t: start, r: end }), target: v }
  }
  const gain = tf.tidy(() => tf.variable(tf.scalar(0)))
  const rng = createRng(8)
  const trainer = new Trainer({
    ...meanFlow(),
    objective: own,
    velocity: () => (x: tf.Tensor2D) => tf.mul(x, gain),
    weights: new Map([['gain', gain]]),
    coupling: {
      draw: (step, n) => ({ x: rng.fork(step).normal([n, 2]), z: tf.mul(rng.fork(step).normal([n, 2]), 2) }),
    },
    rng,
    learningRate: 0.05,
  })
  for (let step = 0; step < 100; step++) await trainer.advance()
  expect(gain.dataSync()[0]).toBeCloseTo(0.5, 2) // x = z / 2
})
