import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learningRateOf } from '../src/learning-rate.js'
import { run } from './run.js'
import { tinyImages } from './tiny.js'

let folder: string
let data: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'train-options-'))
  data = await tinyImages(
    join(folder, 'data'),
    Array.from({ length: 8 }, (_, i) => `${i}.png`),
  )
})
afterAll(() => rm(folder, { recursive: true }))

const settings = () => ({
  network: {
    config: {
      ...{ img_resolution: 8, in_channels: 3, out_channels: 3 },
      ...{ model_channels: 8, channel_mult: [1], num_blocks: 1 },
    },
  },
  coupling: { data },
  ...{ recipe: 'C', steps: 6, batch: 4, warmup: 2, logEvery: 1, previewEvery: 100, previewImages: 1 },
})

let configs = 0
async function config(values: object): Promise<string> {
  const path = join(folder, `${configs++}.json`)
  await writeFile(path, JSON.stringify({ ...settings(), ...values }))
  return path
}

const train = async (name: string, values: object, ...more: string[]) =>
  run('train', await config(values), '--out', join(folder, name), '--backend', 'cpu', ...more)
const linesOf = async (name: string) =>
  (await readFile(join(folder, name, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

describe('train', () => {
  it('validates on a part of the data that is held out, and shows it in the report', {
    timeout: 60_000,
  }, async () => {
    await train('held', {
      heldOut: 0.25,
      validateEvery: 2,
      validationBatches: 1,
      weightDecay: 0.1,
      schedule: 'linear',
    })
    const lines = await linesOf('held')
    expect(lines.filter(({ kind }) => kind === 'validation').map(({ step }) => step)).toEqual([2, 4, 6])
    const rates = lines.filter(({ kind }) => kind === 'train').map(({ learningRate }) => learningRate)
    expect(rates.map(rate => rate / 2e-4)).toEqual([0, 0.5, 1, 0.75, 0.5, 0.25])
    await run('report', join(folder, 'held'))
    expect(await readFile(join(folder, 'held/report.html'), 'utf8')).toContain('validation loss</h3>')
    // A rate that falls ends at the last step, so the run can't be made longer; with a constant one it can.
    await expect(
      train('held', { heldOut: 0.25, weightDecay: 0.1, schedule: 'linear', steps: 8 }),
    ).rejects.toThrow('settings.steps must be 6')
  })

  it('ends early when the loss has not become better', { timeout: 60_000 }, async () => {
    const early = { heldOut: 0.25, validateEvery: 1, validationBatches: 1, patience: 2, minDelta: 1000 }
    const { out } = await train('early', early)
    expect(out).toMatch(/^3 steps done; the moving average/)
    expect(process.exitCode).toBeUndefined()
  })

  it('refuses settings that do not fit each other', async () => {
    await expect(train('none', { patience: 2 })).rejects.toThrow('patience must come with heldOut, got 2.')
    await expect(train('none', { schedule: 'cosine', warmup: 6 })).rejects.toThrow(
      'steps must be more than the warmup (6), got 6.',
    )
    await expect(train('none', { heldOut: 0.01 })).rejects.toThrow(
      'share must leave both parts some of 8, got 0.01',
    )
    await expect(train('none', { heldOut: 1 })).rejects.toThrow('heldOut must be < 1, got 1.')
  })
})

describe('train --set', () => {
  const printed = async (...set: string[]) => {
    const path = await config({ timesteps: 'logitNormal' })
    return (await run('train', path, '--print-config', ...set.flatMap(text => ['--set', text]))).out.split(
      '\n',
    )
  }

  it('sets values of any depth and kind, the last of two', async () => {
    const lines = await printed(
      'batch=2',
      'batch=3',
      'network.dropout=0.1',
      'network.labelDropout=0.2',
      'recipe=F',
      'premetric={ name: pseudoHuber, c: 1 }',
    )
    for (const line of [
      'batch: 3',
      '  dropout: 0.1',
      '  labelDropout: 0.2',
      'recipe: F',
      '  name: pseudoHuber',
      '  c: 1',
    ])
      expect(lines).toContain(line)
    expect(await printed('timesteps.std=2')).toContain('  std: 2')
  })

  it('refuses what is no setting, with the name that was meant, and what has no value', async () => {
    await expect(printed('learningRat=1')).rejects.toThrow(
      'learningRat must be the name of a setting, got 1. Did you mean learningRate?',
    )
    await expect(printed('network.droput=0.1')).rejects.toThrow('Did you mean network.dropout?')
    await expect(printed('batch=many')).rejects.toThrow("batch must be a finite number, got 'many'.")
    await expect(printed('batch')).rejects.toThrow(
      "must be the name of a setting, =, and its value, got 'batch'.",
    )
    await expect(printed('batch=[1')).rejects.toThrow('--set batch must be YAML or JSON, got other text.')
    await expect(printed('__proto__.x=1')).rejects.toThrow('__proto__ must be the name of a setting')
  })

  it('is a part of the settings of a run', { timeout: 60_000 }, async () => {
    await train('set', { steps: 1 }, '--set', 'learningRate=0.5')
    expect(JSON.parse(await readFile(join(folder, 'set/settings.json'), 'utf8')).learningRate).toBe(0.5)
    await expect(train('set', { steps: 1 })).rejects.toThrow('settings.learningRate must be 0.5')
  })
})

it('learningRateOf rises in the warm-up, and falls to 0 at the last step', () => {
  const rate = learningRateOf({ learningRate: 1, warmup: 10, schedule: 'cosine', steps: 30 })
  expect([0, 5, 10, 20, 30].map(step => Number(rate(step).toFixed(6)))).toEqual([0, 0.5, 1, 0.5, 0])
})
