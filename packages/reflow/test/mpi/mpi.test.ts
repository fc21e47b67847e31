// MPI_TEST='mpirun --oversubscribe' npx vitest run packages/reflow/test/mpi (as root, mpirun also needs --allow-run-as-root)
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { createRng } from '@rectified-flow/core'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const [mpirun, ...flags] = (process.env.MPI_TEST ?? '').split(' ')
const sources = [
  '--conditions=@rectified-flow/source',
  '--import',
  join(import.meta.dirname, '../../../../docs/test/sources.mjs'),
]
const LAST = 'checkpoints/step-000000050.safetensors'
let folder: string

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Run the program on `n` ranks; on one, without mpirun. */
function run(n: number, args: string[], onStep?: (step: number) => unknown): Promise<Ended> {
  const program = [process.execPath, ...sources, join(import.meta.dirname, 'mpi-run.ts'), ...args]
  const words = n === 1 ? program : [mpirun!, ...flags, '-n', String(n), ...program]
  const child = spawn(words[0]!, words.slice(1))
  const ended: Ended = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', text => {
    ended.stdout += text
    const step = Number(/step (\d+)\n$/.exec(String(text))?.[1])
    if (step) onStep?.(step)
  })
  child.stderr.on('data', text => {
    ended.stderr += text
  })
  return new Promise(resolve => child.on('close', code => resolve({ ...ended, code })))
}

const checkpoint = (out: string) => readFile(join(folder, out, LAST))
const numbers = async (out: string) =>
  [...(await readSafetensorsFile(join(folder, out, LAST))).tensors.values()].flatMap(({ data }) => [
    ...(data as Float32Array),
  ])

describe.runIf(process.env.MPI_TEST)('on the ranks of mpirun', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mpi-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('two with half the batch each do the 50 steps of one process, with dropout and augmentation', async () => {
    const alone = await run(1, [join(folder, 'alone')])
    expect(alone).toMatchObject({ code: 0, stderr: '' })
    const two = await run(2, [join(folder, 'two')])
    expect(two.code, two.stderr).toBe(0)
    const said = JSON.parse(two.stdout.trim().split('\n').at(-1)!)
    // The sum of 3 and 6, and what rank 0 had.
    expect(said).toMatchObject({ size: 2, localRank: 0, sum: 9, mean: 0, step: 50, finished: true })
    expect(said.library).toMatch(/^(Open MPI v|MPICH Version:\s+|Intel)\S/)
    await expectClose(await numbers('two'), await numbers('alone'), sum)
  })

  it('make the same bits again, after ten kills of a rank (kill -9) too', async () => {
    const out = join(folder, 'killed')
    const rng = createRng(7)
    let kills = 0
    for (let runs = 0; runs < 100; runs++) {
      const wait = 1 + rng.integers(1, 8)[0]! // checkpoints are 5 steps apart, so that a run may come to none
      const victim = rng.integers(1, 2)[0]!
      let seen = 0
      const { code, stdout, stderr } = await run(2, [out], async () => {
        if (kills >= 10 || ++seen !== wait) return
        kills++
        process.kill(Number(await readFile(join(out, `pid-${victim}`), 'utf8')), 'SIGKILL')
      })
      if (code === 0) break
      expect(stdout + stderr).toMatch(/signal 9|SIGNAL: 9|Killed|Assertion failed|Fatal error/) // MPICH may stop at its own check of the peer
    }
    expect(kills).toBe(10)
    expect((await checkpoint('killed')).equals(await checkpoint('two'))).toBe(true)
  })

  it('stop together on a signal, and go on with another number of ranks', async () => {
    const out = join(folder, 'stopped')
    const stopped = await run(2, [out], async step => {
      if (step === 12) process.kill(Number(await readFile(join(out, 'pid-1'), 'utf8')), 'SIGUSR2')
    })
    expect(stopped.code, stopped.stderr).toBe(0)
    const { step, finished } = JSON.parse(stopped.stdout.trim().split('\n').at(-1)!)
    expect(finished).toBe(false)
    expect(step).toBeGreaterThanOrEqual(12)
    expect(step).toBeLessThan(50)
    const four = await run(4, [out])
    expect(four.code, four.stderr).toBe(0)
    expect(four.stdout).toContain(`step ${step + 1}\n`)
    await expectClose(await numbers('stopped'), await numbers('alone'), sum)
  })

  it('all end with the message of one that fails', async () => {
    const { code, stderr } = await run(2, [join(folder, 'fails'), '1'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('Error: rank 1 fails')
  })
})
