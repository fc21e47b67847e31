import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BackendName, tuning, useBackend } from '@rectified-flow/backends'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasDawn, openNullGpu } from '../../backends/test/webgpu/null-gpu.js'
import { run } from './run.js'
import { tinyImages } from './tiny.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuning-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await useBackend((process.env.BACKEND ?? 'cpu') as BackendName)
})

// Needs the optional package webgpu.
describe.runIf(hasDawn)('the convolutions of a run on a GPU', () => {
  it('are timed before its first step, and when it goes on the table of its folder is used', async () => {
    await openNullGpu()
    const out = join(folder, 'run')
    const size = { img_resolution: 8, in_channels: 3, out_channels: 3 }
    const config = { ...size, model_channels: 8, channel_mult: [1], num_blocks: 1 }
    const settings = {
      network: { config },
      coupling: { data: await tinyImages(join(folder, 'data'), ['0.png', '1.png']) },
      ...{ recipe: 'C', batch: 2, saveEvery: 1, previewEvery: 9, previewImages: 1 },
    }
    const train = async (steps: number) => {
      const path = join(folder, 'train.json')
      await writeFile(path, JSON.stringify({ ...settings, steps }))
      return run('train', path, '--out', out, '--backend', 'webgpu')
    }
    const table = join(out, 'tuning.json')
    expect((await train(1)).out).toContain('1 steps done')
    const first = JSON.parse(await readFile(table, 'utf8'))
    expect(first).toEqual(tuning())
    expect(Object.keys(first.variants).length).toBeGreaterThan(5)

    await openNullGpu() // another process, in which nothing is timed
    expect(tuning()?.variants).toEqual({})
    expect((await train(2)).out).toContain('2 steps done')
    expect(tuning()).toEqual(first)

    await writeFile(table, '{"device": 1}')
    await expect(train(3)).rejects.toThrow(table)
  })
})
