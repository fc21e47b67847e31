import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSafetensorsFile, withChecksum, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { createRng } from '@rectified-flow/core'
import { loadTrainer, type TrainOptions, type TrainResult, train } from '@rectified-flow/reflow/node'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failing, numbers, setup } from './tiny-trainer.js'

let folder: string
let warnings: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resumes-'))
  warnings = []
})
afterEach(() => rm(folder, { recursive: true }))

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  folder,
  steps: 20,
  settings: { rate: 0.05 },
  saveEvery: 4,
  logEvery: 2,
  stopSignals: [],
  onWarning: message => warnings.push(message),
  ...more,
})
const run = async (more: Partial<TrainOptions> = {}): Promise<TrainResult & { state: number[] }> => {
  const { trainer } = setup()
  const result = await train(trainer, options(more))
  return { ...result, state: await numbers(trainer) }
}
const at = (name: string) => join(folder, 'checkpoints', name)
const checkpoint = (step: number) => `step-${String(step).padStart(9, '0')}.safetensors`
const names = async () => (await readdir(at('.'))).sort()

async function flipBit(path: string, byte: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[byte]! ^= 1 << (byte % 8)
  await writeFile(path, bytes)
}

/** Write a checkpoint anew, whole and with a right checksum, but with other metadata. */
async function rewrite(name: string, words: Record<string, string>): Promise<void> {
  const { tensors, metadata } = await readSafetensorsFile(at(name))
  await writeSafetensorsFile(at(name), tensors, withChecksum(tensors, { ...metadata, ...words }))
}

const damages: Record<string, (path: string) => Promise<void>> = {
  'half of it': async path => writeFile(path, (await readFile(path)).subarray(0, 300)),
  nothing: path => writeFile(path, ''),
  'a flipped bit in a weight': async path => flipBit(path, (await readFile(path)).length - 3),
  'other settings': path => rewrite(path.slice(at('').length), { settings: 'other' }),
  'a state that is no JSON': path => rewrite(path.slice(at('').length), { state: '{"step":' }),
  'a state without a step': path => rewrite(path.slice(at('').length), { state: '{}' }),
  'a state that is null': path => rewrite(path.slice(at('').length), { state: 'null' }),
  'another step': path => copyFile(at(checkpoint(8)), path),
  'a folder': async path => {
    await rm(path)
    await mkdir(path)
  },
}

describe('a run with damaged checkpoints', () => {
  it.each(Object.keys(damages))(
    'goes on from the newest readable one if two newer ones hold %s',
    async damage => {
      const whole = await run({ folder: join(folder, 'whole') })
      await run({ steps: 8 })
      for (const step of [12, 16]) {
        await copyFile(at(checkpoint(8)), at(checkpoint(step)))
        await damages[damage]!(at(checkpoint(step)))
      }
      const found = await run()
      expect(warnings).toHaveLength(2)
      expect(warnings[0]).toContain(`${at(checkpoint(16))} is set aside as damaged-${checkpoint(16)}: `)
      expect(await names()).toEqual([
        'best.safetensors',
        `damaged-${checkpoint(12)}`,
        `damaged-${checkpoint(16)}`,
        checkpoint(16),
        checkpoint(20),
      ])
      expect(found).toMatchObject({ step: 20, finished: true, last: at(checkpoint(20)) })
      await expectClose(found.state, whole.state, exact)
    },
  )

  it('keeps the only readable one, whatever is newer, until the next is saved', async () => {
    await run({ steps: 8 })
    await rm(at(checkpoint(4)))
    for (const step of [12, 16, 20]) await writeFile(at(checkpoint(step)), 'damaged')
    const stopped = await run({ signal: AbortSignal.abort(), keep: 1 })
    expect(stopped).toMatchObject({ step: 8, finished: false, last: at(checkpoint(8)) })
    expect(await names()).toContain(checkpoint(8))
  })

  it('changes nothing if none is readable', async () => {
    await run({ steps: 8 })
    for (const step of [4, 8]) await flipBit(at(checkpoint(step)), 200)
    const before = await names()
    const { trainer } = setup()
    const start = await numbers(trainer)
    await expect(train(trainer, options())).rejects.toThrow(
      'reflow.train: a checkpoint must be readable, got 2 that are not: ',
    )
    expect(await names()).toEqual(before)
    await expectClose(await numbers(trainer), start, exact)
  })

  it.each<[string, () => Promise<void>]>([
    ['a bad state', () => rewrite('best.safetensors', { state: '[' })],
    ['no step', () => rewrite('best.safetensors', { state: '{}' })],
    ['no score', () => rewrite('best.safetensors', { score: 'low' })],
    ['other settings', () => rewrite('best.safetensors', { settings: 'other' })],
    [
      'no safetensors',
      () => rm(at('best.safetensors')).then(() => writeFile(at('best.safetensors'), 'best')),
    ],
    ['a folder', () => rm(at('best.safetensors')).then(() => mkdir(at('best.safetensors')))],
  ])('sets a best one with %s aside, and goes on', async (_, damage) => {
    await run({ steps: 8 })
    await damage()
    const found = await run()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('best.safetensors is set aside as damaged-best.safetensors: ')
    expect(found.best?.step).toBeGreaterThanOrEqual(8)
    const { trainer } = setup()
    await loadTrainer(at('best.safetensors'), trainer)
    expect(trainer.step).toBe(found.best?.step)
  })
})

describe('loadTrainer', () => {
  it('reads no file with a flipped bit as another state, and names it', async () => {
    await run({ steps: 4 })
    const path = at(checkpoint(4))
    const { trainer } = setup()
    await loadTrainer(path, trainer)
    const right = await trainer.state()
    const { length } = await readFile(path)
    const bytes = Int32Array.from(createRng(1).uniforms(300), u => Math.floor(u * length))
    let refused = 0
    for (const byte of bytes) {
      await flipBit(path, byte)
      const message = await loadTrainer(path, trainer).catch((error: Error) => error.message)
      if (typeof message === 'string') expect(message).toContain(path)
      if (typeof message === 'string') refused++
      expect(await trainer.state(), `byte ${byte}`).toEqual(right)
      await flipBit(path, byte)
    }
    expect(refused).toBeGreaterThan(200) // the others are in the padding, or in the checksum's name
  })
})

describe('train', () => {
  it('names a checkpoint after the step that it holds, when a step throws while the next is under way', async () => {
    const { trainer } = setup({ coupling: { draw: failing(6, setup().coupling.draw) } })
    await expect(train(trainer, options())).rejects.toThrow('it fails')
    for (const name of await names()) {
      const { trainer: read } = setup()
      await loadTrainer(at(name), read)
      if (name.startsWith('step')) expect(name).toBe(checkpoint(read.step))
    }
    const { state } = await run()
    await expectClose(state, (await run({ folder: join(folder, 'whole') })).state, exact)
    expect(warnings).toEqual([])
  })

  it('lets one process at a time train in a folder', async () => {
    let second: Promise<unknown> | undefined
    const onStep = async () => {
      second ??= expect(run()).rejects.toThrow(
        `reflow.train: folder must be used by one process at a time, got '${folder}', which process ${process.pid} of`,
      )
    }
    const preview = async () => {
      await second // the run goes on until the second call has given up
      return {}
    }
    await run({ onStep, preview, previewEvery: 2 })
    const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trim().split('\n')
    const steps = lines.map(line => JSON.parse(line)).filter(({ kind }) => kind === 'train')
    expect(steps.map(({ step }) => step)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
    expect(await readdir(folder)).not.toContain('lock-000000001')
  })

  it('stops when another process has taken its folder, and writes nothing more', async () => {
    const onStep = ({ step }: { step: number }) =>
      step === 6 ? rename(join(folder, 'lock-000000001'), join(folder, 'lock-000000002')) : undefined
    await expect(run({ onStep })).rejects.toThrow('folder must stay locked by this process')
    expect(await names()).not.toContain(checkpoint(8))
  })

  it.each([
    ['settings.json', 'settings.json must be JSON, got other text in'],
    ['metrics.jsonl', 'metrics must be a readable file, got EISDIR for'],
  ])('names %s if it is not what it must be', async (name, message) => {
    await run({ steps: 2 })
    await rm(join(folder, name))
    if (name === 'settings.json') await writeFile(join(folder, name), '{"rate"')
    else await mkdir(join(folder, name))
    await expect(run()).rejects.toThrow(`reflow.train: ${message} '${join(folder, name)}'.`)
  })
})
