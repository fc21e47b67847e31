import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { readBatch } from '@rectified-flow/datasets'
import { openImages } from '@rectified-flow/datasets/node'
import { PAPER_CONFIGS, paperConfig } from '@rectified-flow/reflow'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { table, writePicture } from '../results.js'
import { runStages } from '../run-stages.js'
import { fullStages, type Stage, smallSamples, smallStages } from '../stages.js'

const here = join(import.meta.dirname, '..')
const pixels = process.env.CIFAR10_DIR
// The cpu backend takes minutes for what wasm does in seconds.
const backend = process.env.BACKEND ?? 'wasm'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cifar10-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Run stages with what they print taken off the console. */
async function printed(stages: readonly Stage[]): Promise<string[]> {
  const [log, error] = [vi.mocked(console.log), vi.mocked(console.error)]
  log.mockImplementation(() => {})
  error.mockImplementation(() => {})
  try {
    await runStages(stages, { backend })
    return log.mock.calls.map(call => call.join(' '))
  } finally {
    log.mockReset()
    error.mockReset()
  }
}

const named = (stages: readonly Stage[], name: string) => stages.filter(stage => stage.name === name)

describe('the full setting', () => {
  it.each(PAPER_CONFIGS)('has the values of configuration %s', async name => {
    const line = ['rectified-flow', 'train', join(here, 'full', `${name}.yaml`), '--print-config']
    const config = parse((await printed([{ name, commands: [{ line }] }])).join('\n'))
    const { recipe, batch, warmup, learningRate, emaDecay, dropout, iterations, realData } = paperConfig(
      'cifar10',
      name,
    )
    expect(config).toMatchObject({
      ...{ recipe, batch, emaDecay, perceptual: 'vgg16' },
      network: { preset: 'cifar10', dropout },
      ...(realData
        ? { learningRate: realData.learningRate, steps: realData.iterations }
        : { learningRate, warmup, steps: iterations }),
    })
    expect(config.network.initial).toBe(
      { A: undefined, G: 'runs/full/F/network.safetensors' }[name as 'A'] ??
        (name === 'A' ? undefined : 'runs/full/edm-cifar10-32x32-uncond-ve.pkl'),
    )
  })

  it("fetches EDM's files, and asks for the paper's pairs and samples", () => {
    const lines = fullStages(['F']).map(({ commands }) => commands.map(({ line }) => line.join(' ')))
    const { pairs } = paperConfig('cifar10', 'F')
    expect(lines.flat().filter(line => line.startsWith('fetch'))).toEqual([
      'fetch https://nvlabs-fi-cdn.nvidia.com/edm/pretrained/edm-cifar10-32x32-uncond-ve.pkl runs/full/edm-cifar10-32x32-uncond-ve.pkl',
      'fetch https://nvlabs-fi-cdn.nvidia.com/edm/fid-refs/cifar10-32x32.npz runs/full/cifar10-32x32.npz',
    ])
    expect(lines[1]?.[0]).toContain(`--edm --steps ${pairs.teacherSteps} --count ${pairs.count} `)
    expect(lines[3]?.[0]).toContain('--steps 1 --seeds 0-49999 ')
    expect(lines[4]?.[0]).toContain('--resize legacy_tensorflow --at-least 50000 ')
  })

  it.each([
    ['pairs', 'edm-cifar10-32x32-uncond-ve.pkl'],
    ['sample', 'network.safetensors'],
  ])('names the file that %s lacks', async (stage, file) => {
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder)
    await expect(printed(named(fullStages(), stage))).rejects.toThrow(
      new RegExp(`path must name an existing file, got '.*${file}'`),
    )
    cwd.mockRestore()
  })
})

describe.skipIf(!pixels)(`the small setting${pixels ? '' : ' (needs CIFAR10_DIR)'}`, () => {
  it('goes from pixels to distances and a picture, and does nothing twice', async () => {
    const [configs, out, data] = ['configs', 'out', 'few.npz'].map(name => join(folder, name)) as [
      string,
      string,
      string,
    ]
    await mkdir(configs)
    const tiny = { steps: 3, batch: 4, saveEvery: 2, logEvery: 1, previewEvery: 3, previewImages: 2 }
    const network = { config: { ...parse(readFileSync(join(here, 'small/teacher.yaml'), 'utf8')).network.config, model_channels: 8, channel_mult: [1, 1] } } // biome-ignore format: one line
    const initial = {
      network: { initial: join(out, 'teacher/network.safetensors') },
      coupling: { pairs: join(out, 'pairs') },
    }
    const overrides = {
      teacher: { network, coupling: { data: pixels } },
      'reflow-plain': initial,
      'reflow-plus': initial,
    }
    for (const [name, values] of Object.entries(overrides)) {
      const config = parse(readFileSync(join(here, 'small', `${name}.yaml`), 'utf8'))
      await writeFile(join(configs, `${name}.yaml`), stringify({ ...config, ...tiny, ...values }))
    }
    await writeFile(data, await firstImages(pixels as string, 24))

    const stages = smallStages({ configs, data, out, pairs: 8, samples: 16 }).slice(1)
    const text = (await printed(stages)).join('\n')
    expect(text).toContain('3 steps done')
    expect(text).toContain('8 pairs made')
    const rows = (await table(out)).split('\n')
    expect(rows).toHaveLength(2 + smallSamples.length + 1)
    for (const row of rows.slice(2)) expect(row).toMatch(/ \d+\.\d\d *\|$/)
    await writePicture(out, join(out, 'samples.png'))
    expect((await stat(join(out, 'samples.png'))).size).toBeGreaterThan(10_000)

    const made = await readFile(join(out, 'reflow-plus/network.safetensors'))
    const again = await printed(stages)
    expect(again.join('\n')).toContain('0 pairs made')
    expect(again.filter(line => line.includes('Fréchet'))).toEqual([])
    expect((await readFile(join(out, 'reflow-plus/network.safetensors'))).equals(made)).toBe(true)
  })
})

/** The first images of CIFAR-10 as an .npz: 50,000 would take minutes to measure. */
async function firstImages(path: string, count: number): Promise<Uint8Array> {
  const source = await openImages(path)
  const { x, labels } = await readBatch(
    source,
    Array.from({ length: count }, (_, i) => i),
  )
  const bytes = Uint8Array.from(await x.data(), value => Math.round((value + 1) * 127.5))
  x.dispose()
  labels?.dispose()
  await source.close()
  return writeNpz({ arr_0: { dtype: 'U8', shape: [count, 32, 32, 3], data: bytes } })
}
