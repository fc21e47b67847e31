import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { earlyStopping } from '@rectified-flow/reflow'
import { loadTrainer, type TrainOptions, type TrainResult, train } from '@rectified-flow/reflow/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setup } from './tiny-trainer.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'validates-'))
})
afterEach(() => rm(folder, { recursive: true }))

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ folder, steps: 20, settings: {}, saveEvery: 100, logEvery: 5, validateEvery: 2, stopSignals: [] },
  ...more,
})
/** A loss for each step: the run has the best one at step 6. */
const lossAt = (step: number) => Math.abs(step - 6)
const run = (more: Partial<TrainOptions> = {}): Promise<TrainResult> =>
  train(setup().trainer, options({ validate: ({ step }) => lossAt(step), ...more }))

const validations = async () =>
  (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
    .filter(({ kind }) => kind === 'validation')

describe('train', () => {
  it('logs the loss of held-out pairs, and keeps the checkpoint where it is lowest', async () => {
    const preview = () => ({ score: -1 }) // shown, but only the validation's loss decides
    const found = await run({ preview, previewEvery: 4 })
    expect(found).toMatchObject({ step: 20, finished: true, best: { step: 6, score: 0 } })
    const { trainer } = setup()
    await loadTrainer(found.best!.path, trainer)
    expect(trainer.step).toBe(6)
    expect(await validations()).toEqual(
      [2, 4, 6, 8, 10, 12, 14, 16, 18, 20].map(step => ({ kind: 'validation', step, loss: lossAt(step) })),
    )
    const [board] = await readdir(join(folder, 'tensorboard'))
    expect(String(await readFile(join(folder, 'tensorboard', board!)))).toContain('validation/loss')
  })

  it('validates the weights of the step, and after the last step too', async () => {
    const { trainer, coupling } = setup()
    await train(trainer, options({ steps: 5, validate: trainer => trainer.validate(coupling) }))
    const again = setup().trainer
    for (const { step, loss } of await validations()) {
      while (again.step < step) await again.advance()
      expect(await again.validate(coupling)).toBe(loss)
    }
    expect((await validations()).map(({ step }) => step)).toEqual([2, 4, 5])
  })

  it('ends when the loss has not become better, with everything saved and shown', async () => {
    const shown: number[] = []
    const preview = ({ step }: { step: number }) => {
      shown.push(step)
      return {}
    }
    const stopWhen = earlyStopping({ patience: 3 })
    expect(await run({ stopWhen, preview, previewEvery: 100 })).toMatchObject({
      step: 12,
      finished: true,
      best: { step: 6 },
      last: join(folder, 'checkpoints/step-000000012.safetensors'),
    })
    expect(shown).toEqual([12])
    // Called again it is at its end, and with more patience it goes on.
    expect(await run({ stopWhen })).toMatchObject({ step: 12, finished: true })
    expect(await run({ stopWhen: earlyStopping({ patience: 5 }) })).toMatchObject({
      step: 16,
      finished: true,
    })
  })

  it.each([1, 5, 7, 9])('ends at the same step if it was stopped after step %i', async step => {
    const stop = new AbortController()
    const stopWhen = earlyStopping({ patience: 3 })
    const onStep = (done: { step: number }) => done.step === step && stop.abort()
    expect(await run({ stopWhen, onStep, signal: stop.signal })).toMatchObject({ finished: false })
    expect(await run({ stopWhen })).toMatchObject({ step: 12, finished: true, best: { step: 6 } })
    expect((await validations()).map(line => line.step)).toEqual([2, 4, 6, 8, 10, 12])
  })

  it('counts a loss that is not finite as no better, also after it was read again', async () => {
    const stopWhen = earlyStopping({ patience: 3 })
    const validate = ({ step }: { step: number }) => (step > 6 ? Number.NaN : lossAt(step))
    await run({ validate, stopWhen, steps: 10 })
    expect(await run({ validate, stopWhen })).toMatchObject({ step: 12, finished: true, best: { step: 6 } })
  })

  it('waits for onStep, and ends with its error', async () => {
    const order: string[] = []
    const onStep = async ({ step }: { step: number }) => {
      await new Promise(resolve => setTimeout(resolve, 5))
      order.push(`step ${step}`)
      if (step === 4) throw new Error('enough')
    }
    const validate = ({ step }: { step: number }) => order.push(`validation ${step}`)
    await expect(run({ onStep, validate })).rejects.toThrow('enough')
    expect(order).toEqual(['step 1', 'step 2', 'validation 2', 'step 3', 'step 4'])
  })

  it('refuses stopWhen without validate', async () => {
    const message = 'reflow.train: validate must be given with stopWhen, got undefined.'
    await expect(train(setup().trainer, options({ stopWhen: () => true }))).rejects.toThrow(message)
    await expect(run({ validateEvery: 0 })).rejects.toThrow(
      'reflow.train: validateEvery must be an integer >= 1, got 0.',
    )
  })
})
