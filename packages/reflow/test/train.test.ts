import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Coupling, createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { previewFlow, Trainer } from '@rectified-flow/reflow'
import { loadTrainer, type TrainOptions, train } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'train-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** v = a x, on pairs x = 0.5 z. */
function setup(spoil: (step: number) => number = () => 1) {
  const a = tf.tidy(() => tf.variable(tf.scalar(0.1)))
  const coupling: Coupling = {
    async draw(step, batch) {
      const z = createRng(3).fork(step).normal([batch, 2, 2, 1])
      return { z, x: tf.mul(z, 0.5 * spoil(step)) }
    },
  }
  const trainer = new Trainer({
    velocity: () => x => tf.mul(x, a),
    weights: new Map([['a', a]]),
    coupling,
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 8,
    learningRate: 0.05,
    maxSkipped: 3,
  })
  return { a, trainer }
}

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  folder,
  steps: 10,
  settings: { rate: 0.05, net: { b: 1, a: 2 } },
  saveEvery: 4,
  logEvery: 2,
  stopSignals: [],
  ...more,
})

const lines = async () =>
  (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

describe('train', () => {
  it('trains, logs and keeps the newest and the best', async () => {
    const seen: number[] = []
    const { trainer } = setup()
    const found = await train(trainer, options({ onStep: ({ step }) => seen.push(step) }))
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(found).toMatchObject({
      step: 10,
      finished: true,
      last: join(folder, 'checkpoints/step-000000010.safetensors'),
    })
    expect((await readdir(join(folder, 'checkpoints'))).sort()).toEqual([
      'best.safetensors',
      'step-000000008.safetensors',
      'step-000000010.safetensors',
    ])
    expect(found.best?.score).toBeGreaterThan(0)
    const log = await lines()
    expect(log.map(({ step }) => step)).toEqual([2, 4, 6, 8, 10])
    expect(log[0]).toMatchObject({ kind: 'train', steps: 2, skipped: 0, learningRate: 0.05 })
    expect(log[0].lossByTime).toHaveLength(10)
    expect(log[4].loss).toBeLessThan(log[0].loss)
  })

  it('finishes what a run had begun when it was killed after writing a checkpoint', async () => {
    const { best } = await train(setup().trainer, options())
    const at = (name: string) => join(folder, 'checkpoints', name)
    const before = (await readdir(at('.'))).sort()
    await rm(at('best.safetensors'))
    await copyFile(at('step-000000008.safetensors'), at('step-000000004.safetensors'))
    const found = await train(setup().trainer, options())
    expect(found).toMatchObject({ step: 10, finished: true, best: { step: 10 } })
    expect(found.best).toEqual(best)
    expect((await readdir(at('.'))).sort()).toEqual(before)
  })

  it('continues to more steps as if one call had asked for all of them', async () => {
    const whole = setup()
    await train(whole.trainer, options({ folder: join(folder, 'whole'), steps: 9 }))
    await train(setup().trainer, options({ steps: 3 }))
    const after = setup()
    await train(
      after.trainer,
      options({ steps: 9, resume: 'must', settings: { net: { a: 2, b: 1 }, rate: 0.05 } }),
    )
    await expectClose(after.a, whole.a, exact)
    expect((await lines()).map(({ step }) => step)).toEqual([2, 3, 4, 6, 8, 9])
  })

  it('keeps previews, and the checkpoint with the best score', async () => {
    const scores = [3, 1, 2]
    const { trainer } = setup()
    const found = await train(
      trainer,
      options({
        steps: 9,
        previewEvery: 3,
        preview: () => ({ scalars: { straightness: 0.5 }, score: scores.shift()! }),
      }),
    )
    expect(found.best).toMatchObject({ step: 6, score: 1 })
    const { trainer: read } = setup()
    await loadTrainer((found.best as { path: string }).path, read)
    expect(read.step).toBe(6)
    expect((await lines()).filter(({ kind }) => kind === 'preview').map(({ scalars }) => scalars)).toEqual(
      [3, 1, 2].map(score => ({ straightness: 0.5, score })),
    )
  })

  it('stops on a signal after the steps under way, and saves', async () => {
    const stop = new AbortController()
    const { trainer } = setup()
    const onStep = ({ step }: { step: number }) => step === 5 && stop.abort()
    const found = await train(trainer, options({ onStep, signal: stop.signal }))
    expect(found).toMatchObject({ step: 6, finished: false })
    expect(await readdir(join(folder, 'checkpoints'))).toContain('step-000000006.safetensors')
  })

  it('saves the last good weights when all further steps are not finite', async () => {
    const { a, trainer } = setup(step => (step < 5 ? 1 : Number.NaN))
    await expect(train(trainer, options())).rejects.toMatchObject({ code: 'non-finite' })
    const good = setup()
    for (let i = 0; i < 5; i++) await good.trainer.advance()
    await expectClose(a, good.a, exact)
    expect(await readdir(join(folder, 'checkpoints'))).toContain('step-000000008.safetensors')
  })

  it('refuses other settings, and a folder that does not fit `resume`', async () => {
    await expect(train(setup().trainer, options({ resume: 'must' }))).rejects.toThrow(
      `reflow.train: folder must hold a run with resume 'must', got none in '${folder}'.`,
    )
    await train(setup().trainer, options({ steps: 1 }))
    await expect(train(setup().trainer, options({ resume: 'never' }))).rejects.toThrow(
      `reflow.train: folder must hold no run with resume 'never', got one in '${folder}'.`,
    )
    await expect(
      train(setup().trainer, options({ settings: { rate: 0.1, net: { b: 1, a: 2 } } })),
    ).rejects.toThrow(
      `reflow.train: settings.rate must be 0.05, as in the run in '${folder}', got 0.1. Other settings need another folder.`,
    )
  })

  it('leaks nothing', () =>
    expectNoLeak(async () => {
      const { a, trainer } = setup()
      await train(trainer, options({ steps: 2 }))
      trainer.dispose()
      a.dispose()
    }))
})

describe('previewFlow', () => {
  it('has samples for each number of steps, and the straightness of the paths', async () => {
    const z = createRng(1).normal([3, 2, 2, 1])
    const { samples, straightness } = await previewFlow(x => tf.zerosLike(x), z, { steps: [1, 3] })
    expect(samples.map(({ steps, x }) => [steps, x.shape[0]])).toEqual([
      [1, 3],
      [3, 3],
    ])
    expect(straightness).toBeCloseTo(0, 6)
    expect(await previewFlow(x => tf.zerosLike(x), z, { steps: [], straightnessSteps: 0 })).toEqual({
      samples: [],
    })
  })

  it('has the paths of the first noises', async () => {
    const z = createRng(1).normal([3, 2, 2, 1])
    const still = (x: tf.Tensor) => tf.zerosLike(x) // every state, and every prediction, is the noise
    const options = { steps: [], straightnessSteps: 4, trajectories: 2 }
    const { times, states, predictions } = (await previewFlow(still, z, options)).trajectory!
    expect(times.map(t => t.toFixed(2))).toEqual(['1.00', '0.75', '0.50', '0.25', '0.00'])
    expect([states.length, predictions.length]).toEqual([5, 4])
    const first = tf.slice(z, 0, 2)
    for (const x of [...states, ...predictions]) await expectClose(x, first, { rtol: 2e-5, atol: 0 }) // starts at (1 - 1e-5) z
    await expectNoLeak(async () => {
      const { trajectory } = await previewFlow(still, z, options)
      tf.dispose([...trajectory!.states, ...trajectory!.predictions])
    })
  })
})
