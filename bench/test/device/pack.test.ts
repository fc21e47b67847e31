import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { useBackend } from '@rectified-flow/backends'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cifarFile } from '../../src/device/cifar-file.js'
import { cifarTrainer, curveTrainings } from '../../src/device/cifar-training.js'
import { compareCurves } from '../../src/device/compare-curves.js'
import curves from '../../src/device/cpu-curves.json' with { type: 'json' }
import type { Outcome } from '../../src/device/job.js'
import { checkSize, pack } from '../../src/device/pack.js'
import { parts, WHOLE_SECONDS } from '../../src/device/parts.js'
import type { Summary } from '../../src/device/summary.js'

const { CIFAR10_DIR, VK_DRIVER_FILES } = process.env
const dawn: string = 'webgpu' // not a literal import: the package is optional
const hasDawn = await import(dawn).then(
  () => true,
  () => false,
)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'device-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('fits into ten minutes, and into eight files', () => {
  expect(WHOLE_SECONDS).toBeLessThanOrEqual(540)
  expect(parts.length + 2).toBeLessThanOrEqual(8)
})

it('packs a run that works by itself, and says of each job how it ended', async () => {
  const out = join(folder, 'pack')
  vi.stubEnv('XZ_OPT', '-0') // the default takes ten times as long
  const { size, lacks } = await pack({ out, limitMiB: 64 })
  vi.unstubAllEnvs()
  expect(size).toBeLessThan(16 * 2 ** 20)
  expect(lacks).toEqual([
    ...(hasDawn ? [] : ['Dawn (pnpm backends webgpu installs it)']),
    ...['the Vulkan loader', 'the images of CIFAR-10', 'Node'],
  ])

  const results = join(folder, 'results')
  const software = hasDawn && VK_DRIVER_FILES !== undefined
  const chosen = software ? '1-,4-,5-' : '4-,5-'
  await promisify(execFile)(
    join(out, 'run'),
    [results, '--software', '--parts', chosen, '--python', join(folder, 'no-python')],
    { env: { ...process.env, TMPDIR: folder, PATH: process.env.PATH } },
  ).catch(() => {}) // it fails, because some jobs can't run
  const read = async <T>(name: string) => JSON.parse(await readFile(join(results, name), 'utf8')) as T
  const endings = (await read<Summary>('summary.json')).jobs.map(({ job, ended }) => [job, ended])
  expect(endings.map(([job]) => job)).toEqual(
    parts
      .filter(({ name }) => chosen.includes(name.slice(0, 2)))
      .flatMap(({ jobs }) => jobs.map(({ name }) => name)),
  )
  const ended = Object.fromEntries(endings) as Record<string, string>
  expect(ended.eager).toContain('ENOENT')
  expect(ended.cifar10).toContain('the pack has no images of CIFAR-10')
  expect(await readFile(join(results, 'summary.md'), 'utf8')).toContain('A dry run on a CPU')
  if (!software) return
  expect(ended).toMatchObject({ adapter: 'done', bandwidth: 'done', dispatches: 'done' })
  const device = await read<Outcome[]>('1-device.json')
  expect(device[0]!.entries[1]).toMatchObject({ what: 'adapter', limits: { maxBindGroups: 4 } })
  expect(device[2]!.entries).toHaveLength(4)
}, 240_000)

it('refuses a pack that is too large, and names its largest files', async () => {
  const contents = await mkdtemp(join(folder, 'contents-'))
  await writeFile(join(contents, 'small'), new Uint8Array(2 ** 20))
  await writeFile(join(contents, 'large'), new Uint8Array(3 * 2 ** 20))
  expect(() => checkSize(5 * 2 ** 20, 5, contents)).not.toThrow()
  expect(() => checkSize(6 * 2 ** 20, 5, contents)).toThrow(
    /^bench.pack: the pack must have at most 5 MiB, got 6.0. The largest files, before compression:[\s\S]*3.0 MiB {2}large[\s\S]*1.0 MiB {2}small/,
  )
})

describe.skipIf(!CIFAR10_DIR || !existsSync(CIFAR10_DIR))('on images of CIFAR-10, on another backend', () => {
  let file: Uint8Array
  beforeAll(async () => {
    file = await cifarFile(CIFAR10_DIR!)
    await useBackend('wasm')
  }, 120_000)

  it.each(['tinySmall', 'tinyCifar10'] as const)('trains as the recorded curve says: %s', async name => {
    const { steps, ...settings } = curveTrainings[name]
    const { trainer, dispose } = cifarTrainer(file, settings)
    const losses: number[] = []
    for (let i = 0; i < steps; i++) losses.push((await trainer.advance()).loss)
    dispose()
    expect(compareCurves(losses, curves[name].losses)).toMatchObject({ steps, agrees: true })
    expect(losses.at(-1)).not.toBeCloseTo(losses[0]!, 4)
  })
})
