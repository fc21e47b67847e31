import { type Coupling, createRng } from '@rectified-flow/core'
import { dynamicLossScale, powerEma, type Trainer, type TrainerOptions, warmUp } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import { withoutGradients } from '@rectified-flow/tools/without-gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { numbers, setup } from './tiny-trainer.js'

describe('Trainer', () => {
  it('learns, and the average of its weights follows', async () => {
    const { a, b, trainer } = setup()
    const first = (await trainer.advance()).loss
    let last = first
    for (let i = 0; i < 150; i++) last = (await trainer.advance()).loss
    expect(trainer.step).toBe(151)
    expect(last).toBeLessThan(first / 10)
    // z - x = 0.5 z at x_t = (0.5 + 0.5 t) z: the best slope lies between 0.5 and 1, the best offset is 0.
    expect(a.dataSync()[0]).toBeGreaterThan(0.5)
    expect(a.dataSync()[0]).toBeLessThan(1)
    expect(Math.abs(b.dataSync()[0]!)).toBeLessThan(0.1)
    expect(trainer.ema.get('a')!.dataSync()[0]).toBeCloseTo(a.dataSync()[0]!, 1)
  })

  it.each<Partial<TrainerOptions>>([{}, { clipNorm: 1, lossScale: dynamicLossScale(), microBatches: 2 }])(
    'compiles its step where the backend can, with %o',
    async options => {
      const { trainer } = setup(options)
      for (let i = 0; i < 8; i++) await trainer.advance()
      const compiles = ['node', 'wasm', 'webgpu', 'webgpu-software'].includes(process.env.BACKEND ?? 'cpu')
      expect(trainer.why).toBe(compiles ? undefined : `${tf.getBackend()} compiles nothing`)
      expect(setup({ ...options, compile: false }).trainer.why).toBe('compile is false')
    },
  )

  it('warms up from a rate of 0', async () => {
    const { a, trainer } = setup({ learningRate: warmUp(0.05, { steps: 2 }) })
    const start = a.dataSync()[0]
    await trainer.advance()
    expect(a.dataSync()[0]).toBe(start)
    await trainer.advance()
    expect(Math.abs(a.dataSync()[0]! - start!)).toBeCloseTo(0.025, 3)
  })

  const nan: Coupling = {
    async draw(_, batch) {
      return { x: tf.fill([batch, 2, 2, 1], Number.NaN), z: tf.zeros([batch, 2, 2, 1]) }
    },
  }

  it('stops after some steps in a row that are not finite, with the last good weights', async () => {
    const { trainer } = setup({ coupling: nan, maxSkipped: 2 })
    const before = await numbers(trainer)
    expect(await trainer.advance()).toMatchObject({ step: 1, loss: Number.NaN, skipped: true })
    await expect(trainer.advance()).rejects.toMatchObject({
      name: 'NumericError',
      code: 'non-finite',
      message:
        'reflow.Trainer.advance: loss and gradients must be finite, got loss NaN and gradient norm NaN in step 1, the ' +
        'last of 2 in a row. Look for NaN in the data, or lower learningRate. The weights are those of the last good step.',
    })
    expect([trainer.step, trainer.skipped]).toEqual([2, 2])
    await expectClose(await numbers(trainer), before, exact)
  })

  it('skips a step with a finite loss whose gradients are not finite', async () => {
    // |v|^(1/2) at v = 0: the value is 0, the gradient is not finite.
    const rooted = (prediction: tf.Tensor) =>
      tf.tidy(() => tf.mean(tf.reshape(tf.sqrt(prediction), [prediction.shape[0]!, -1]), 1)) as tf.Tensor1D
    const a = tf.tidy(() => tf.variable(tf.scalar(0)))
    const { trainer } = setup({
      velocity: () => x => tf.mul(tf.abs(x), a),
      weights: new Map([['a', a]]),
      premetric: rooted,
    })
    const found = await trainer.advance()
    expect(found).toMatchObject({ loss: 0, skipped: true })
    expect(a.dataSync()[0]).toBe(0)
  })

  it('does not count skipped steps as Adam updates', async () => {
    const good = setup()
    const once: Coupling = {
      draw: (step, batch) => (step === 0 ? nan.draw(step, batch) : good.coupling.draw(step, batch)),
    }
    const { a, trainer } = setup({ coupling: once })
    await trainer.advance()
    await trainer.advance()
    // Adam's first update has the size of the learning rate for every gradient.
    expect(Math.abs(a.dataSync()[0]! - 0.1)).toBeCloseTo(0.05, 5)
    const state = await trainer.state()
    expect(state).toMatchObject({ step: 2, skipped: 1, skippedInRow: 0 })
  })

  it.each([2, 4, 16])('makes the same step in %i micro-batches', async microBatches => {
    const [whole, parts] = [setup().trainer, setup({ microBatches }).trainer]
    for (let i = 0; i < 5; i++) {
      const [one, other] = [await whole.advance(), await parts.advance()]
      await expectClose(other.losses, one.losses, sum)
      await expectClose(other.times, one.times, exact)
      expect(other.gradientNorm).toBeCloseTo(one.gradientNorm, 5)
    }
    await expectClose(await numbers(parts), await numbers(whole), sum)
  })

  it.each([1, 2])(
    'makes the same step on points as on images of one pixel, in %i parts',
    async microBatches => {
      const pairs = (shape: number[]): Coupling => ({
        draw: (step, batch) => {
          const z = createRng(3)
            .fork(step)
            .normal([batch, ...shape])
          return { z, x: tf.mul(z, 0.5) }
        },
      })
      const [points, images] = [[2], [1, 1, 2]].map(
        shape => setup({ coupling: pairs(shape), microBatches }).trainer,
      ) as [Trainer, Trainer]
      for (let i = 0; i < 3; i++)
        await expectClose((await points.advance()).losses, (await images.advance()).losses, exact)
      await expectClose(await numbers(points), await numbers(images), exact)
    },
  )

  it('clips the norm of all gradients together', async () => {
    const [free, clipped] = [setup(), setup({ clipNorm: 0.25 })]
    const { gradientNorm } = await free.trainer.advance()
    expect((await clipped.trainer.advance()).gradientNorm).toBe(gradientNorm)
    expect(gradientNorm).toBeGreaterThan(0.25)
    const moments = async ({ trainer }: typeof free) => {
      const { tensors } = await trainer.state()
      return Math.hypot(...['m/a', 'm/b'].map(name => tensors.get(name)!.data[0]!)) / 0.1 // 1 - beta1
    }
    expect(await moments(free)).toBeCloseTo(gradientNorm, 5)
    expect(await moments(clipped)).toBeCloseTo(0.25, 5)
    const loose = setup({ clipNorm: 1e6 })
    await loose.trainer.advance()
    await expectClose(await numbers(loose.trainer), await numbers(free.trainer), exact)
  })

  it('scales the loss without changing the step, and halves the scale when gradients overflow', async () => {
    const lossScale = dynamicLossScale({ initial: 1024, growAfter: 2 })
    const [plain, scaled] = [setup(), setup({ lossScale })]
    for (let i = 0; i < 3; i++) {
      const [one, other] = [await plain.trainer.advance(), await scaled.trainer.advance()]
      expect(other.gradientNorm).toBeCloseTo(one.gradientNorm, 5)
    }
    await expectClose(await numbers(scaled.trainer), await numbers(plain.trainer), sum)
    expect((await scaled.trainer.state()).lossScale).toEqual({ scale: 2048, streak: 1 })
    expect(lossScale.next({ scale: 2048, streak: 1 }, false)).toEqual({ scale: 1024, streak: 0 })
    expect(() => plain.trainer.restore({ step: 0, skipped: 0, skippedInRow: 0, tensors: new Map() })).toThrow(
      RangeError,
    )
  })

  it('skips steps whose scaled gradients overflow, until the scale is small enough', async () => {
    const { a, trainer } = setup({ lossScale: dynamicLossScale({ initial: 2 ** 70, max: 2 ** 70 }) })
    const start = a.dataSync()[0]
    let skipped = 0
    for (; (await trainer.advance()).skipped; skipped++) expect(a.dataSync()[0]).toBe(start)
    expect(skipped).toBeGreaterThan(0) // sums of squares pass float32's 2^128
    expect((await trainer.state()).lossScale).toEqual({ scale: 2 ** (70 - skipped), streak: 1 })
    expect(a.dataSync()[0]).toBeCloseTo(start! + 0.05, 3) // Adam's first step has the size of the rate
  })

  it('takes the share of the rate from each weight that it trains', async () => {
    const [plain, decayed] = [setup(), setup({ weightDecay: 0.5 })]
    for (const { trainer } of [plain, decayed]) await trainer.advance()
    // Adam's step is the same in both; the decay is of the weights before, 0.1 and 0.5, times 0.05 of the rate and 0.5.
    for (const [name, start] of [
      ['a', 0.1],
      ['b', 0.5],
    ] as const) {
      const [one, other] = [plain, decayed].map(({ [name]: weight }) => weight.dataSync()[0]!)
      expect(one! - other!).toBeCloseTo(0.05 * 0.5 * start, 6)
    }
    expect(() => setup({ weightDecay: -1 })).toThrow('reflow.Trainer: weightDecay must be')
  })

  it('gives the labels of the pairs to the network', async () => {
    const seen: number[][] = []
    const { a, b, trainer, coupling } = setup()
    trainer.dispose()
    const labelled: Coupling = {
      async draw(step, batch) {
        const labels = tf.tensor2d(Array.from({ length: batch }, (_, i) => [i, step]))
        return { ...(await coupling.draw(step, batch)), labels }
      },
    }
    const other = setup({
      coupling: labelled,
      batch: 4,
      microBatches: 2,
      velocity: (_, labels) => x => {
        seen.push([...labels!.dataSync()])
        return tf.add(tf.mul(x, a), b)
      },
      weights: new Map([
        ['a', a],
        ['b', b],
      ]),
    })
    await other.trainer.advance()
    expect(seen).toEqual([
      [0, 0, 1, 0],
      [2, 0, 3, 0],
    ])
  })

  it('does not change a weight that the loss does not depend on', async () => {
    const [a, unused] = [tf.tidy(() => tf.variable(tf.scalar(0.1))), tf.tidy(() => tf.variable(tf.scalar(7)))]
    const { trainer } = setup({
      velocity: () => x => tf.mul(x, a),
      weights: new Map([
        ['unused', unused],
        ['a', a],
      ]),
    })
    expect((await trainer.advance()).gradientNorm).toBeGreaterThan(0)
    expect(unused.dataSync()[0]).toBe(7)
    expect(a.dataSync()[0]).not.toBeCloseTo(0.1, 3)
  })

  it('says if gradients are missing', () => {
    withoutGradients(() =>
      expect(() => setup()).toThrow('reflow.Trainer: gradients must be registered, got none.'),
    )
  })

  it('leaks nothing', async () => {
    await expectNoLeak(async () => {
      const { a, b, trainer } = setup()
      await trainer.advance()
      trainer.dispose()
      tf.dispose([a, b])
    })
  })

  it('refuses pairs of another batch size, and leaks nothing', async () => {
    const { trainer, coupling } = setup()
    const short = setup({ coupling: { draw: step => coupling.draw(step, 3) } }).trainer
    const before = tf.memory().numTensors
    await expect(short.advance()).rejects.toThrow(
      'reflow.Trainer.advance: pairs.x must have shape [16,...], got [3,2,2,1].',
    )
    expect(tf.memory().numTensors).toBe(before)
    trainer.dispose()
  })

  it('refuses bad arguments by name', () => {
    expect(() => setup({ batch: 0 })).toThrow('reflow.Trainer: batch must be an integer >= 1, got 0.')
    expect(() => setup({ emaDecay: 2 })).toThrow('reflow.Trainer: emaDecay must be')
    expect(() => setup({ microBatches: 3 })).toThrow(
      'reflow.Trainer: microBatches must divide batch (16), got 3.',
    )
    expect(() => setup({ clipNorm: 0 })).toThrow('reflow.Trainer: clipNorm must be')
  })
})

describe('powerEma', () => {
  it("has the profile's exponents of EDM2", () => {
    // EDM2, section 3.1: sigma_rel 0.05 and 0.10 are gamma 16.97 and 6.94.
    const gamma = (sigmaRel: number) => Math.log(powerEma({ sigmaRel })(2)) / Math.log(0.5) - 1
    expect(gamma(0.05)).toBeCloseTo(16.97, 2)
    expect(gamma(0.1)).toBeCloseTo(6.94, 2)
  })

  it('averages with a power of time as weight, with the given deviation', () => {
    const sigmaRel = 0.12
    const decay = powerEma({ sigmaRel })
    const steps = 4000
    const weights = new Float64Array(steps + 1)
    for (let t = 1; t <= steps; t++) {
      for (let i = 1; i < t; i++) weights[i]! *= decay(t)
      weights[t] = 1 - decay(t)
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const moment = (k: number) => weights.reduce((sum, weight, t) => sum + weight * (t / steps) ** k, 0)
    expect(total).toBeCloseTo(1, 9)
    expect(Math.sqrt(moment(2) - moment(1) ** 2)).toBeCloseTo(sigmaRel, 3)
  })

  it('starts with the weights themselves, also in a trainer', async () => {
    expect(powerEma({ sigmaRel: 0.1 })(1)).toBe(0)
    const { a, trainer } = setup({ emaDecay: powerEma({ sigmaRel: 0.1 }) })
    await trainer.advance()
    await expectClose(trainer.ema.get('a')!, a, exact)
  })

  it('refuses a deviation that no profile can have', () => {
    expect(() => powerEma({ sigmaRel: 0.3 })).toThrow('reflow.powerEma: sigmaRel must be a number in [')
  })
})
