import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { signedToBytes } from '@rectified-flow/core'
import { readBatch } from '@rectified-flow/datasets'
import { openImages } from '@rectified-flow/datasets/node'
import { PAPER_CONFIGS, paperConfig } from '@rectified-flow/reflow/paper'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { table, writePicture } from '../results.js'
import { runStages } from '../run-stages.js'
import { fullStages, type Stage, smallSamples, smallStages } from '../stages.js'

const pixels = process.env.CIFAR10_DIR && resolve(process.env.CIFAR10_DIR)
// The cpu backend takes minutes for what wasm does in seconds.
const backend = process.env.BACKEND ?? 'wasm'

// All paths start at the working directory: here a new one that holds only the configurations.
const home = process.cwd()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cifar10-'))
  for (const name of ['full', 'small'])
    await cp(join(import.meta.dirname, '..', name), join(folder, name), { recursive: true })
  process.chdir(folder)
})
afterAll(async () => {
  process.chdir(home)
  await rm(folder, { recursive: true })
})

/** Run stages and return the lines that they print, without printing them. */
async function printed(stages: readonly Stage[]): Promise<string> {
  const [log, error] = [vi.mocked(console.log), vi.mocked(console.error)]
  log.mockImplementation(() => {})
  error.mockImplementation(() => {})
  try {
    await runStages(stages, { backend })
    return log.mock.calls.map(call => call.join(' ')).join('\n')
  } finally {
    log.mockReset()
    error.mockReset()
  }
}

describe('the full setting', () => {
  const full = fullStages({ data: 'runs/cifar-10' })

  it.each(PAPER_CONFIGS)('has the values of configuration %s', async name => {
    const line = ['rectified-flow', 'train', `full/${name}.yaml`, '--print-config']
    const config = parse(await printed([{ name, commands: [{ line }] }]))
    const { iterations, realData, ...paper } = paperConfig('cifar10', name)
    const { recipe, batch, warmup, learningRate, emaDecay, dropout } = paper
    expect(config).toMatchObject({
      ...{ recipe, batch, emaDecay, perceptual: 'vgg16' },
      network: { preset: 'cifar10', dropout },
      ...(realData
        ? { learningRate: realData.learningRate, steps: realData.iterations }
        : { learningRate, warmup, steps: iterations }),
    })
    const edm = 'runs/full/edm-cifar10-32x32-uncond-ve.pkl'
    const initial = { A: undefined, G: 'runs/full/F/network.safetensors' }
    expect(config.network.initial).toBe(name in initial ? initial[name as 'A' | 'G'] : edm)
  })

  it("fetches EDM's files, and asks for the paper's pairs and samples", () => {
    const lines = full.map(({ commands }) => commands.map(({ line }) => line.join(' ')))
    const [data, [pairs] = [], , [sample] = [], [fid] = []] = lines
    expect(data?.filter(line => line.startsWith('fetch'))).toEqual([
      'fetch https://nvlabs-fi-cdn.nvidia.com/edm/pretrained/edm-cifar10-32x32-uncond-ve.pkl runs/full/edm-cifar10-32x32-uncond-ve.pkl',
      'fetch https://nvlabs-fi-cdn.nvidia.com/edm/fid-refs/cifar10-32x32.npz runs/full/cifar10-32x32.npz',
    ])
    const { count, teacherSteps } = paperConfig('cifar10', 'F').pairs
    expect(pairs).toContain(` --edm --steps ${teacherSteps} --count ${count} `)
    expect(sample).toContain(' --steps 1 --seeds 0-49999 ')
    expect(fid).toContain(' --resize legacy_tensorflow --at-least 50000 ')
  })

  it.each([
    ['pairs', 'F', 'edm-cifar10-32x32-uncond-ve.pkl'],
    ['train', 'F', 'edm-cifar10-32x32-uncond-ve.pkl'],
    ['train', 'G', 'F.network.safetensors'],
    ['sample', 'F', 'F.network.safetensors'],
  ])('names the file that %s %s lacks', async (name, config, file) => {
    const stages = fullStages({ data: 'runs/cifar-10', configs: [config] })
    const problem = new RegExp(`must name a file that can be read, got '.*runs.full.${file}'`)
    await expect(printed(stages.filter(stage => stage.name === name))).rejects.toThrow(problem)
  })
})

describe.skipIf(!pixels)(`the small setting${pixels ? '' : ' (needs CIFAR10_DIR)'}`, () => {
  it('goes from pixels to distances and a picture, and does nothing twice', async () => {
    const tiny = { steps: 3, batch: 4, saveEvery: 2, logEvery: 1, previewEvery: 3, previewImages: 2 }
    await mkdir('tiny')
    for (const name of ['teacher', 'reflow-plain', 'reflow-plus']) {
      const config = parse(await readFile(`small/${name}.yaml`, 'utf8'))
      const { network } = config
      if (network.config) Object.assign(network.config, { model_channels: 8, channel_mult: [1, 1] })
      if (config.coupling.data) config.coupling.data = 'few.npz'
      await writeFile(`tiny/${name}.yaml`, stringify({ ...config, ...tiny }))
    }
    const options = { configs: 'tiny', out: 'runs/small', pairs: 8, samples: 16 }
    const [data] = smallStages({ ...options, data: 'runs/cifar-10', given: pixels }) as [Stage]
    await printed([data])
    // Reading and measuring 50,000 images would take minutes.
    await writeFile('few.npz', await firstImages('runs/cifar-10', 24))
    const stages = smallStages({ ...options, data: 'few.npz', given: pixels })

    const text = await printed(stages)
    expect(text).toContain('3 steps done')
    expect(text).toContain('8 pairs made')
    const rows = (await table('runs/small')).split('\n')
    expect(rows).toHaveLength(2 + smallSamples.length + 1)
    for (const row of rows.slice(2)) expect(row).toMatch(/ \d+\.\d\d *\|$/)
    await writePicture('runs/small', 'samples.png')
    expect((await stat('samples.png')).size).toBeGreaterThan(10_000)

    const made = await readFile('runs/small/reflow-plus/network.safetensors')
    const again = await printed(stages)
    expect(again).toContain('0 pairs made')
    expect(again).not.toContain('Fréchet')
    expect((await readFile('runs/small/reflow-plus/network.safetensors')).equals(made)).toBe(true)
  })
})

/** The first images of CIFAR-10, as an .npz. */
async function firstImages(path: string, count: number): Promise<Uint8Array> {
  const source = await openImages(path)
  const indices = Array.from({ length: count }, (_, i) => i)
  const { x, labels } = await readBatch(source, indices)
  const bytes = signedToBytes(await x.data())
  x.dispose()
  labels?.dispose()
  await source.close()
  return writeNpz({ arr_0: { dtype: 'U8', shape: [count, 32, 32, 3], data: bytes } })
}
