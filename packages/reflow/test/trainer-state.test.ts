import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { dynamicLossScale, type TrainerOptions, type TrainerState } from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it, vi } from 'vitest'
import { failing, numbers, setup } from './tiny-trainer.js'

describe('the state of a Trainer', () => {
  it('continues with the same bits from a saved state', async () => {
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
    await expectClose(await numbers(after), await numbers(whole), exact)
    await rm(folder, { recursive: true })
  })

  it('refuses a state of another network, and keeps its own', async () => {
    const { trainer } = setup()
    const before = await numbers(trainer)
    const state = await trainer.state()
    state.tensors.delete('m/b')
    state.tensors.set('v/c', { shape: [], data: Float32Array.of(0) })
    expect(() => trainer.restore(state)).toThrow(
      'reflow.Trainer.restore: state must hold the weights of this network in float32, got 1 missing or of another shape or ' +
        'dtype, and 1 of another network: m/b [],v/c.',
    )
    await expectClose(await numbers(trainer), before, exact)
  })

  it.each<[string, (state: TrainerState) => void]>([
    ['m/b []', ({ tensors }) => tensors.set('m/b', { shape: [], data: Float32Array.of(1, 2) })],
    ['m/b []', ({ tensors }) => tensors.set('m/b', { shape: [], data: Float64Array.of(1) as never })],
    ['m/b []', ({ tensors }) => tensors.set('m/b', { shape: [1], data: Float32Array.of(1) })],
    ['state.step must be an integer >= 0, got undefined', state => delete (state as { step?: number }).step],
    ['state.skipped must be', state => Object.assign(state, { skipped: 9 })],
    ['state.skippedInRow must be', state => Object.assign(state, { skippedInRow: -1 })],
    ['state must hold a loss scale', state => delete state.lossScale],
    ['lossScale.scale must be', state => Object.assign(state, { lossScale: { scale: '8', streak: 0 } })],
    ['lossScale.streak must be', state => Object.assign(state, { lossScale: { scale: 8 } })],
  ])('changes nothing if a state is wrong: %s', async (message, spoil) => {
    const { trainer } = setup({ lossScale: dynamicLossScale() })
    const before = await trainer.state()
    await trainer.advance()
    const state = await trainer.state()
    trainer.restore(before)
    spoil(state)
    expect(() => trainer.restore(state)).toThrow(message)
    expect(await trainer.state()).toEqual(before)
  })

  it('refuses to restore while a step is under way, or after it was disposed', async () => {
    const { a, trainer } = setup()
    const state = await trainer.state()
    const step = trainer.advance()
    expect(() => trainer.restore(state)).toThrow('the trainer must have no step under way, got 1.')
    await step
    trainer.dispose()
    const before = a.dataSync()[0]
    expect(() => trainer.restore(state)).toThrow(
      'ema/a of the trainer must be a live tensor, got a disposed one.',
    )
    expect(a.dataSync()[0]).toBe(before)
  })

  it('does steps that are asked for at once in order, and those that fail again', async () => {
    const [whole, ahead] = [setup().trainer, setup({ coupling: { draw: failing(3, setup().coupling.draw) } })]
    for (let i = 0; i < 6; i++) await whole.advance()
    const asked = await Promise.allSettled(Array.from({ length: 7 }, () => ahead.trainer.advance()))
    expect(asked.map(one => (one.status === 'fulfilled' ? one.value.step : one.reason.message))).toEqual([
      1,
      2,
      'it fails',
      3,
      4,
      5,
      6,
    ])
    await expectClose(await numbers(ahead.trainer), await numbers(whole), exact)
  })

  it('copies its state between the steps that were asked for before and after', async () => {
    const [whole, ahead] = [setup().trainer, setup().trainer]
    for (let i = 0; i < 2; i++) await whole.advance()
    const steps = [ahead.advance(), ahead.advance()]
    const state = ahead.state()
    steps.push(ahead.advance(), ahead.advance())
    await Promise.all(steps)
    expect(await state).toEqual(await whole.state())
    expect(ahead.step).toBe(4)
  })

  it('does not go on from counters that it does not know, until it is restored', async () => {
    const { trainer } = setup()
    const state = await trainer.state()
    const data = vi.spyOn(tf.Tensor.prototype, 'data').mockRejectedValueOnce(new Error('device lost'))
    const asked = await Promise.allSettled([trainer.advance(), trainer.advance(), trainer.state()])
    data.mockRestore()
    for (const one of asked)
      expect(one).toMatchObject({
        reason: {
          message:
            'reflow.Trainer.advance: the report of step 1 must be readable, got: device lost. Restore a state to go on.',
        },
      })
    trainer.restore(state)
    const whole = setup().trainer
    for (const one of [trainer, whole]) await one.advance()
    expect(await trainer.state()).toEqual(await whole.state())
  })
})

describe('a step that throws', () => {
  const throwsInGradient = (n: number): Partial<TrainerOptions> => {
    const gradient = failing(n, (dy: tf.Tensor) => dy)
    const custom = tf.customGrad(x => ({ value: tf.clone(x as tf.Tensor), gradFunc: gradient }))
    return { premetric: (prediction, target) => squaredL2(custom(prediction), target) }
  }
  it.each<[string, (n: number) => Partial<TrainerOptions>]>([
    ['premetric', n => ({ premetric: failing(n, squaredL2) })],
    ['gradient', throwsInGradient],
    ['premetric in the second micro-batch', n => ({ premetric: failing(2 * n, squaredL2), microBatches: 2 })],
    ['times', n => ({ timesteps: { ...uniform(), sample: failing(n, uniform().sample) } })],
    ['coupling', n => ({ coupling: { draw: failing(n, setup().coupling.draw) } })],
  ])('leaks nothing when its %s throws, and goes on with the same bits', async (_, fails) => {
    // In the second step: from the third on, the step may be a recording, which calls nothing that could throw.
    const [broken, whole] = [setup(fails(2)).trainer, setup(fails(Infinity)).trainer]
    for (const trainer of [broken, whole]) await trainer.advance()
    const before = tf.memory().numTensors
    await expect(broken.advance()).rejects.toThrow('it fails')
    expect(tf.memory().numTensors).toBe(before)
    for (const trainer of [broken, whole]) for (let i = 0; i < 3; i++) await trainer.advance()
    expect(tf.memory().numTensors).toBe(before)
    await expectClose(await numbers(broken), await numbers(whole), exact)
  })
})
