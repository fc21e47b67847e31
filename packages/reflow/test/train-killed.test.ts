import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderContents } from '../../../test/kills/folder-contents.js'
import { type Job, killAgainAndAgain } from '../../../test/kills/kill-again-and-again.js'
import { bundle, type Outcome, run as runProgram } from './child-program.js'

const STEPS = 60
let folder: string
let program: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'))
  program = join(folder, 'tiny-run.mjs')
  await bundle('tiny-run.ts', program)
})
afterAll(() => rm(folder, { recursive: true }))

const run = (out: string, onStep?: (step: number, child: ChildProcess) => void): Promise<Outcome> =>
  runProgram(program, [out, String(STEPS)], onStep)

/** The files at the end of a run, without the times in them and without TensorBoard's files. */
async function contents(out: string): Promise<Record<string, string>> {
  const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')
  const steps = lines.map(line => `${JSON.parse(line).kind} ${JSON.parse(line).step}`).join()
  return { ...(await folderContents(out, { except: ['tensorboard'] })), 'metrics.jsonl': steps }
}

const job: Job = {
  start: out => fork(program, [out, String(STEPS)], { silent: true, execArgv: [] }),
  writesTo: ['.', 'checkpoints', 'previews'],
  contents,
}

describe('train', () => {
  it('ends with the files of an undisturbed run after 20 kills (kill -9)', { timeout: 300_000 }, async () => {
    const { stdout } = await run(join(folder, 'whole'))
    expect(JSON.parse(stdout)).toMatchObject({ step: STEPS, finished: true })
    const names = Object.keys(await contents(join(folder, 'whole'))).sort()
    expect(names.filter(name => name.startsWith('checkpoints'))).toEqual([
      'checkpoints/best.safetensors',
      'checkpoints/step-000000055.safetensors',
      'checkpoints/step-000000060.safetensors',
    ])
    const rng = createRng(20)
    const own = join(folder, 'killed')
    await mkdir(own)
    await killAgainAndAgain(job, { folder: own, kills: 20, uniform: () => rng.uniforms(1)[0]! })
  })

  it('ends early at the step of an undisturbed run after 5 kills', { timeout: 120_000 }, async () => {
    const own = join(folder, 'early')
    await mkdir(own)
    const patience = '3'
    const { stdout } = await runProgram(program, [join(own, 'alone'), String(STEPS), patience])
    const { step, finished } = JSON.parse(stdout)
    expect(finished).toBe(true)
    expect(step).toBeLessThan(STEPS)
    const start = (out: string) =>
      fork(program, [out, String(STEPS), patience], { silent: true, execArgv: [] })
    const rng = createRng(21)
    await killAgainAndAgain({ ...job, start }, { folder: own, kills: 5, uniform: () => rng.uniforms(1)[0]! })
  })

  it('finishes its step and saves on SIGTERM', { timeout: 60_000 }, async () => {
    const [whole, stopped] = [join(folder, 'whole'), join(folder, 'stopped')]
    const { stdout, last: step } = await run(
      stopped,
      (step, child) => void (step === 13 && child.kill('SIGTERM')),
    )
    const at = (JSON.parse(stdout) as { step: number }).step
    expect(JSON.parse(stdout)).toMatchObject({ step, finished: false })
    expect(at).toBeLessThan(STEPS)
    expect(await readdir(join(stopped, 'checkpoints'))).toContain(
      `step-${String(at).padStart(9, '0')}.safetensors`,
    )
    await run(stopped)
    const last = 'checkpoints/step-000000060.safetensors'
    expect((await contents(stopped))[last]).toBe((await contents(whole))[last])
  })

  it('goes back to an older checkpoint if the newest is damaged, and says so', {
    timeout: 60_000,
  }, async () => {
    const [whole, damaged] = [join(folder, 'whole'), join(folder, 'damaged')]
    await run(damaged, (step, child) => void (step === 23 && child.kill('SIGTERM')))
    const names = (await readdir(join(damaged, 'checkpoints'))).filter(name => name.startsWith('step'))
    const newest = join(damaged, 'checkpoints', names.sort().at(-1) as string)
    await writeFile(newest, (await readFile(newest)).subarray(0, 400))
    const { stderr } = await run(damaged)
    expect(stderr).toContain(newest)
    const last = 'checkpoints/step-000000060.safetensors'
    expect((await contents(damaged))[last]).toBe((await contents(whole))[last])
  })
})
