import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Coupling, createRng, type Field } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { Trainer, type TrainerOptions } from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

/** v = a x + b: on pairs x = 0.5 z it can be learned, and its loss is convex. */
function setup(options: Partial<TrainerOptions> = {}) {
  const [a, b] = [tf.tidy(() => tf.variable(tf.scalar(0.1))), tf.tidy(() => tf.variable(tf.scalar(0.5)))]
  const field: Field = x => tf.add(tf.mul(x, a), b)
  const coupling: Coupling = {
    async draw(step, batch) {
      const z = createRng(3).fork(step).normal([batch, 2, 2, 1]) as tf.Tensor4D
      return { z, x: tf.mul(z, 0.5) }
    },
  }
  const trainer = new Trainer({
    velocity: () => field,
    weights: new Map([
      ['a', a],
      ['b', b],
    ]),
    coupling,
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 16,
    learningRate: 0.05,
    emaDecay: 0.9,
    ...options,
  })
  return { a, b, trainer }
}

const numbers = (trainer: Trainer) =>
  trainer.state().then(({ tensors }) => [...tensors].flatMap(([, { data }]) => [...data]))

describe('Trainer', () => {
  it('learns, and its average follows', async () => {
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

  it('warms up from a rate of 0', async () => {
    const { a, trainer } = setup({ warmup: 2 })
    const start = a.dataSync()[0]
    await trainer.advance()
    expect(a.dataSync()[0]).toBe(start)
    await trainer.advance()
    expect(Math.abs(a.dataSync()[0]! - start!)).toBeCloseTo(0.025, 3)
  })

  it('goes on bit for bit from a saved state', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reflow-'))
    const path = join(folder, 'trainer.safetensors')
    const whole = setup().trainer
    for (let i = 0; i < 6; i++) await whole.advance()
    const before = setup().trainer
    for (let i = 0; i < 3; i++) await before.advance()
    await saveTrainer(path, before)
    const after = setup().trainer
    await loadTrainer(path, after)
    expect(after.step).toBe(3)
    for (let i = 0; i < 3; i++) await after.advance()
    expectClose(await numbers(after), await numbers(whole), exact)
    await rm(folder, { recursive: true })
  })

  it('changes nothing where the loss is not finite', async () => {
    const poisoned: Coupling = {
      async draw(_, batch) {
        return { x: tf.fill([batch, 2, 2, 1], Number.NaN), z: tf.zeros([batch, 2, 2, 1]) }
      },
    }
    const { trainer } = setup({ coupling: poisoned })
    const before = await numbers(trainer)
    await expect(trainer.advance()).rejects.toMatchObject({
      name: 'NumericError',
      code: 'non-finite',
      message:
        'reflow.Trainer.advance: loss must be finite, got NaN in step 0. Look for NaN in the data, or lower ' +
        'learningRate. The weights are as they were before the step.',
    })
    expect(trainer.step).toBe(0)
    expectClose(await numbers(trainer), before, exact)
  })

  it('refuses a state of another network, and keeps its own', async () => {
    const { trainer } = setup()
    const before = await numbers(trainer)
    const state = await trainer.state()
    state.tensors.delete('m/b')
    expect(() => trainer.restore(state)).toThrow(
      'reflow.Trainer.restore: state must hold the weights of this network, got 1 missing or of another shape: m/b [].',
    )
    expectClose(await numbers(trainer), before, exact)
  })

  it('leaks nothing', async () => {
    await expectNoLeak(async () => {
      const { a, b, trainer } = setup()
      await trainer.advance()
      trainer.dispose()
      tf.dispose([a, b])
    })
  })

  it('refuses bad arguments by name', () => {
    expect(() => setup({ batch: 0 })).toThrow('reflow.Trainer: batch must be an integer >= 1, got 0.')
    expect(() => setup({ emaDecay: 2 })).toThrow('reflow.Trainer: emaDecay must be')
  })
})
