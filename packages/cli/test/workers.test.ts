import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runWorkers } from '../src/workers.js'
import { contents, MNIST, TEACHER, temporaryFolder } from './digits.js'

const main = join(import.meta.dirname, '../dist/main.js')
const common = ['--network', TEACHER, '--backend', 'wasm', '--shard-size', '8']
const make = (out: string, ...more: string[]) =>
  cli('pairs', ...common, '--steps', '1', '--count', '44', '--out', out, ...more)

/** Run the built command in its own process, as its user does. */
function cli(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [main, ...args])
}

it('are refused on backends that use the whole machine', async () => {
  await expect(runWorkers(4, { index: 0, count: 1 }, 'node-gpu')).rejects.toThrow(
    "--workers must be 1 on backend 'node-gpu', which uses the whole machine from one process, got 4. " +
      'With --backend wasm or cpu there may be more.',
  )
})

// These tests start processes of the built command, which `npm run build` makes.
describe.runIf(existsSync(main))('processes', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let whole: string
  beforeAll(async () => {
    folder = await temporaryFolder('workers-')
    whole = folder.at('whole')
    await make(whole)
  })
  afterAll(() => folder.remove())

  it('make the files of one run, as two shards, as two workers and as both', async () => {
    const [shards, workers, both] = [folder.at('shards'), folder.at('workers'), folder.at('both')]
    await Promise.all(['0/2', '1/2'].map(shard => make(shards, '--shard', shard)))
    const { stdout, stderr } = await make(workers, '--workers', '2')
    expect(stdout).toBe(`44 pairs made; ${workers} is complete\n`)
    expect(stderr).toMatch(
      /^warning: a flow in one step .*\nbackend: wasm( \(\d+ threads?\))?\n(pairs: \d+\/44 pairs, .*\n)*pairs: 44\/44 pairs, /,
    )
    await Promise.all(['0/2', '1/2'].map(shard => make(both, '--shard', shard, '--workers', '2')))
    const expected = await contents(whole)
    expect(expected).toHaveLength(7)
    for (const store of [shards, workers, both]) expect(await contents(store)).toEqual(expected)
  })

  it('invert, draw and measure the same as one process', async () => {
    const inversion = (out: string, ...more: string[]) =>
      cli('pairs', 'invert', MNIST, ...common, '--count', '20', '--steps', '1', '--out', out, ...more)
    await inversion(folder.at('inverted'))
    await inversion(folder.at('inverted-by-two'), '--workers', '2')
    expect(await contents(folder.at('inverted-by-two'))).toEqual(await contents(folder.at('inverted')))

    const draw = (out: string, ...more: string[]) =>
      cli('sample', '--network', TEACHER, '--backend', 'wasm', '--seeds', '0-19', '--out', out, ...more)
    await draw(folder.at('drawn'))
    expect((await draw(folder.at('drawn-by-two'), '--workers', '2')).stdout).toContain('20 images in')
    expect(await contents(folder.at('drawn-by-two'))).toEqual(await contents(folder.at('drawn')))

    const digits = ['--features', 'digits', '--backend', 'wasm']
    const [one, two] = [folder.at('one.npz'), folder.at('two.npz')]
    await cli('fid', 'ref', MNIST, '--split', 'test', '-o', one, ...digits)
    await cli('fid', 'ref', MNIST, '--split', 'test', '-o', two, ...digits, '--workers', '2')
    expect(await readFile(two)).toEqual(await readFile(one))
    const out = folder.at('fid.json')
    await cli('fid', 'calc', folder.at('drawn'), '--ref', two, '-o', out, ...digits, '--workers', '2')
    expect(JSON.parse(await readFile(out, 'utf8')).frechetDistance).toBeGreaterThan(1)
    expect((await readdir(folder.at('.'))).filter(name => name.endsWith('.parts'))).toEqual([])
  })

  it('fail with the error of the one that failed, and stop the others', async () => {
    const error = await make(whole, '--workers', '2', '--seed', '1').catch(cause => cause)
    expect(error.code).toBe(1)
    expect(error.stderr).toMatch(
      /rectified-flow: worker [12] of 2 failed: datasets.createPairStore: seed must be 0, as in the store in/,
    )
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'end with their parent on %s and leave whole shards',
    async signal => {
      const store = folder.at(signal)
      const slow = ['--steps', '2', '--count', '4400', '--out', store, '--workers', '2']
      const parent = spawn(process.execPath, [main, 'pairs', ...common, ...slow], { stdio: 'ignore' })
      const workers = await children(parent)
      while ((await readdir(store).catch(() => [])).length < 4) await sleep(20)
      const end = new Promise(resolve => parent.on('exit', (_, by) => resolve(by)))
      parent.kill(signal)
      expect(await end).toBe(signal)
      while (workers.some(alive)) await sleep(20)
      const { stdout } = await cli('pairs', 'verify', store).catch(cause => cause)
      expect(stdout).toContain('missing')
      expect(stdout).not.toContain('damaged')
    },
  )
})

// They need the built command too.
describe.runIf(existsSync(main))('a training run that is told to stop', () => {
  it('saves, shows by its exit code that it has not finished, and goes on', async () => {
    const folder = await temporaryFolder('stopped-')
    try {
      await make(folder.at('pairs'))
      const config = (steps: number) => {
        const settings = { recipe: 'C', batch: 2, steps, previewImages: 1, logEvery: 1 }
        const from = { network: { initial: TEACHER }, coupling: { pairs: folder.at('pairs') } }
        return writeFile(folder.at('train.json'), JSON.stringify({ ...from, ...settings }))
      }
      const train = ['train', folder.at('train.json'), '--out', folder.at('run'), '--backend', 'wasm']
      await config(500)
      const stopped = await toldToStop(train, folder.at('run/metrics.jsonl'))
      expect(stopped.code).toBe(75)
      const step = Number(/stopped after (\d+) of 500 steps/.exec(stopped.stdout)?.[1])
      await config(step + 2)
      const { stdout, stderr } = await cli(...train)
      expect(stdout).toContain(`${step + 2} steps done`)
      const from = join(folder.at('run'), 'checkpoints', `step-${String(step).padStart(9, '0')}.safetensors`)
      expect(stderr).toContain(`continues at step ${step} of ${step + 2} from ${from}\n`)
      expect(stderr).toMatch(new RegExp(`train: ${step + 2}/${step + 2} steps, .* steps/s, loss [\\d.]+\n$`))
    } finally {
      await folder.remove()
    }
  })
})

/** Send SIGTERM once, as soon as the run has logged a step. A second signal would kill it. */
async function toldToStop(args: string[], log: string): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  let stdout = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  while (!(await readFile(log, 'utf8').catch(() => ''))) await sleep(20)
  child.kill('SIGTERM')
  return { code: await ended, stdout }
}

/** The two processes that a process has started. */
async function children({ pid }: ChildProcess): Promise<number[]> {
  for (;;) {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
    const found = text.split(' ').filter(Boolean).map(Number)
    if (found.length === 2) return found
    await sleep(20)
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
