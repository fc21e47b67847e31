import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCheckpointFile } from '@rectified-flow/checkpoints/node'
import { writePngGrid } from '@rectified-flow/datasets/node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from './run.js'
import { tinyNetwork } from './tiny.js'

const weights = join(import.meta.dirname, '../../flow/weights/digit-teacher.safetensors')
const teacher = ['--network', weights, '--backend', 'wasm']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'train-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function config(name: string, values: object): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, JSON.stringify(values))
  return path
}

it('makes the same pairs in one run and in shards, and trains on them, with a report', async () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  const pairs = (out: string, ...more: string[]) =>
    run('pairs', ...teacher, '--steps', '2', '--count', '40', '--shard-size', '16', '--out', out, ...more)
  expect((await pairs(one)).out).toBe(`40 pairs made; ${one} is complete`)
  expect((await pairs(two, '--shard', '0/2')).out).toBe('24 pairs made; 1 shards are still missing')
  expect((await pairs(two, '--shard', '1/2')).out).toBe(`16 pairs made; ${two} is complete`)
  const files = (await readdir(one)).sort()
  expect((await readdir(two)).sort()).toEqual(files)
  for (const file of files) expect(await readFile(join(two, file))).toEqual(await readFile(join(one, file)))

  const settings = {
    network: { initial: weights },
    coupling: { pairs: one },
    recipe: 'C',
    batch: 8,
    saveEvery: 2,
    logEvery: 1,
    previewEvery: 4,
    previewImages: 4,
  }
  const train = async (steps: number, out: string) =>
    run('train', await config('train.json', { ...settings, steps }), '--out', out, '--backend', 'wasm')
  const [whole, resumed] = [join(folder, 'whole'), join(folder, 'resumed')]
  expect((await train(4, whole)).out).toContain('4 steps done')
  await train(2, resumed)
  await train(4, resumed)
  const [a, b] = await Promise.all(
    [whole, resumed].map(path => readCheckpointFile(join(path, 'network.safetensors'))),
  )
  expect(b?.tensors).toEqual(a?.tensors)

  const report = await run('report', whole)
  expect(report.out).toBe(`the run's report is ${join(whole, 'report.html')}`)
  const html = await readFile(join(whole, 'report.html'), 'utf8')
  expect(html).toContain('<svg')
  expect(html).toContain('data:image/png;base64,')
  expect(html).not.toMatch(/(src|href)="https?:/)
}, 120_000)

it('refuses a damaged shard by its name, and goes on as if nothing had been when it is mended', async () => {
  const at = (name: string) => join(folder, name)
  const net = await tinyNetwork(at('mended.safetensors'))
  const wasm = ['--backend', 'wasm']
  const make = ['pairs', '--network', net, ...wasm, '--steps', '2', '--count', '8', '--shard-size', '4']
  const store = at('mended')
  await run(...make, '--out', store)
  const path = await config('mended.json', {
    network: { initial: net },
    coupling: { pairs: store },
    ...{ recipe: 'C', batch: 2, steps: 4, logEvery: 1, previewImages: 1 },
  })
  const train = (out: string) => run('train', path, '--out', at(out), ...wasm)
  const weights = async (out: string) =>
    (await readCheckpointFile(join(at(out), 'network.safetensors'))).tensors
  await train('undisturbed')
  const shard = join(store, 'pairs-000000004.safetensors')
  const bytes = await readFile(shard)
  await writeFile(shard, bytes.with(bytes.length - 5, bytes.at(-5)! ^ 1))
  await expect(train('disturbed')).rejects.toThrow(
    `'${shard}' must be a whole shard of this store, got one that is damaged: its checksum is wrong. ` +
      '`rectified-flow pairs verify` names all such files; the command that made the store makes them again with --verify.',
  )
  await run(...make, '--out', store, '--verify')
  await train('disturbed')
  expect(await weights('disturbed')).toEqual(await weights('undisturbed'))
}, 60_000)

it('says where it continues', async () => {
  const values = { network: { initial: weights }, coupling: { pairs: join(folder, 'one') }, recipe: 'C' }
  const train = async (steps: number) => {
    const path = await config('goes-on.json', { ...values, batch: 2, steps, previewImages: 1 })
    return (await run('train', path, '--out', join(folder, 'goes-on'), '--backend', 'wasm')).err
  }
  expect(await train(2)).not.toContain('continues')
  const checkpoint = join(folder, 'goes-on/checkpoints/step-000000002.safetensors')
  const [, from, last] = (await train(3)).split('\n')
  expect(from).toBe(`continues at step 2 of 3 from ${checkpoint}`)
  expect(last).toMatch(/^train: 3\/3 steps, .*loss \d/)
})

it('trains a network without classes on images with classes, and shows by its exit code that it was stopped', async () => {
  const data = join(folder, 'data')
  for (const name of ['cat', 'dog']) {
    await mkdir(join(data, name), { recursive: true })
    await writePngGrid(join(data, name, '0.png'), { data: new Float32Array(192), shape: [1, 8, 8, 3] })
  }
  const side = { img_resolution: 8, in_channels: 3, out_channels: 3 }
  const path = await config('classes.json', {
    network: { config: { ...side, model_channels: 8, channel_mult: [1], num_blocks: 1 } },
    coupling: { data },
    batch: 2,
    steps: 1_000_000,
    previewImages: 1,
  })
  const running = run('train', path, '--out', join(folder, 'classes'), '--backend', 'wasm')
  const timer = setInterval(() => process.emit('SIGINT'), 100)
  expect((await running).out).toMatch(/^stopped after \d+ of 1000000 steps; the same command goes on$/)
  clearInterval(timer)
  expect(process.exitCode).toBe(75)
  process.exitCode = undefined
})

it('shows every default, and the values of a configuration of the paper', async () => {
  const path = await config('paper.json', { paper: 'cifar10/F', coupling: { pairs: 'x' }, batch: 256 })
  const { out } = await run('train', path, '--print-config')
  for (const line of [
    'recipe: F',
    'batch: 256',
    'warmup: 5000',
    'steps: 800000',
    '  preset: cifar10',
    '  dropout: 0.13',
  ])
    expect(out.split('\n')).toContain(line)
})

it('names all that is wrong with a configuration at once', async () => {
  const path = await config('wrong.json', {
    network: {},
    coupling: { pairs: 'a', data: 'b' },
    steps: 0,
    learningRat: 3,
  })
  const error = await run('train', path).catch((cause: Error) => cause)
  expect((error as Error).message.split('\n')).toEqual([
    `'${path}': network must have initial, config or preset, got an object.`,
    `'${path}': coupling must have either pairs or data, got an object.`,
    `'${path}': steps must be >= 1, got 0.`,
    `'${path}': learningRat must be the name of a setting, got 3. Did you mean learningRate?`,
  ])
  const paper = await config('no-paper.json', { paper: 'cifar10/H' })
  await expect(run('train', paper)).rejects.toThrow(
    'paper must be one of cifar10, afhq64, ffhq64, imagenet64, a slash, and a letter of A, B, C, D, E, F, G, got',
  )
})

it('refuses to go on with other settings, or without a run', async () => {
  const values = {
    network: { initial: weights },
    coupling: { pairs: join(folder, 'one') },
    recipe: 'C',
    batch: 8,
    saveEvery: 2,
    logEvery: 1,
    previewEvery: 4,
    previewImages: 4,
    steps: 5,
  }
  const other = await config('other.json', { ...values, learningRate: 1 })
  const whole = join(folder, 'whole')
  await expect(run('train', other, '--out', whole, '--backend', 'wasm')).rejects.toThrow(
    'settings.learningRate must be 0.0002',
  )
  const none = await config('none.json', values)
  await expect(
    run('train', none, '--out', join(folder, 'none'), '--resume', 'must', '--backend', 'wasm'),
  ).rejects.toThrow("folder must hold a run with resume 'must', got none")
  const mixed = await config('mixed.json', { ...values, precision: 'mixed' })
  await expect(run('train', mixed, '--out', join(folder, 'none'), '--backend', 'wasm')).rejects.toThrow(
    "wasm can't be used here: precision 'mixed' needs WebGPU.",
  )
})
